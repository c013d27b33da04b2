package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sources, help (which is in the sources), docs, scripts and the build use the field's words. A retired word is a pattern that no line may
 * have, with the word that takes its place.
 */
class WordsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Retired words and their successors; {@code (?i)} on all. */
    private static final Map<String, String> RETIRED = Map.ofEntries(
            Map.entry("picture", "image"),
            Map.entry(
                    "colour|centre\\b|normalis|quantis|initialis|optimis|labelled|neighbour|behaviour|licence|grey",
                    "American spelling"),
            Map.entry("\\b(hard |the |a |its )curve\\b(?! of)|fuseHardCurves", "activation (function)"),
            Map.entry(
                    "\\b(files?|model|layers?|networks?|export\\w*|written|is|as|left) in bytes\\b", "int8-quantized"),
            Map.entry("\\b(left|layers?|files?|kept|stay\\w*) in float\\b(?!32)", "float32"),
            Map.entry("taken for\\b", "predicted as"),
            Map.entry("vectors of (the|this|its) machine|whole vectors|\\blanes\\b", "SIMD width, channel block"),
            Map.entry("takes? \\w+ apart|puts? \\w+ together", "reorders to and from the blocked layout"),
            Map.entry("\\bthin groups\\b", "groups narrower than a channel block"),
            Map.entry("\\bchance\\b", "randomness, random stream"),
            Map.entry(
                    "\\b(the|a|this|that|its|their|largest|smallest|same|each|equal) shares?\\b|\\bshares? of\\b|[a-z]Shares?\\b|_SHARE\\b",
                    "fraction, ratio"),
            Map.entry("\\bmirrored\\b", "flipped"),
            Map.entry("threads that (calculate|read)", "compute threads, data-loader workers"),
            Map.entry("relative entropy", "KL divergence"),
            Map.entry("far bytes|sums under way", "DRAM traffic, accumulators in flight"),
            Map.entry("\\bnatives\\b", "native libraries"),
            Map.entry("products? of matri", "matrix multiplication (GEMM)"),
            Map.entry("\\bspoilt\\b|\\bfresh (weights|ones|head)\\b", "corrupted; randomly initialized"),
            Map.entry("\\bsheets?\\b(?<!contact[ -]sheets?)", "contact sheet, image grid"),
            Map.entry("behind an? \\w*pool", "after a pool"),
            Map.entry("\\bwaiting s\\b|trained images a second", "data wait (s), training images/s"),
            Map.entry(
                    "\\b(a|an) (line|row|file|folder|image|name|epoch|step) an? (image|line|epoch|class|step|paper|batch)\\b",
                    "one X per Y"),
            Map.entry("\\bhearers?\\b", "listener"),
            Map.entry("\\b(MOST|LONGEST|FOREMOST)_", "MAX_"));

    /** Lines that keep a retired word for a reason: names inside files that must not change. */
    private static final List<String> KEPT = List.of(
            "\".picture\"",
            "\"picture.axes\"",
            "\"lanes\"",
            "\"--lanes\"",
            "\"unshare\"",
            "-Xshare:",
            "lanes=",
            "\"share_of_peak",
            "\".normalised\"",
            "`.picture`",
            "`lanes=",
            "(`lanes`)");

    private record Line(Path file, int number, String text) {
        @Override
        public String toString() {
            return file + ":" + number + ": " + text.strip();
        }
    }

    private static List<Line> lines = List.of();

    /** Read once for all words; those without any are left out. */
    @BeforeAll
    static void read() throws IOException {
        Pattern any = Pattern.compile(String.join("|", RETIRED.keySet()), Pattern.CASE_INSENSITIVE);
        List<Line> candidates = new ArrayList<>();
        for (Path file : texts()) {
            int number = 0;
            for (String text : Files.readAllLines(file)) {
                number++;
                if (any.matcher(text).find() && KEPT.stream().noneMatch(text::contains)) {
                    candidates.add(new Line(ROOT.relativize(file), number, text));
                }
            }
        }
        lines = candidates;
    }

    static Stream<String> words() {
        return RETIRED.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("words")
    void no_line_has_a_retired_word(String word) {
        Pattern pattern = Pattern.compile(word, Pattern.CASE_INSENSITIVE);
        assertThat(lines)
                .as("write: " + RETIRED.get(word))
                .filteredOn(line -> pattern.matcher(line.text()).find())
                .isEmpty();
    }

    @Test
    void the_texts_are_found() throws IOException {
        assertThat(texts()).hasSizeGreaterThan(300);
    }

    private static List<Path> texts() throws IOException {
        try (Stream<Path> all = Files.walk(ROOT)) {
            return all.filter(file -> {
                        String name = ROOT.relativize(file).toString().replace('\\', '/');
                        boolean source = name.endsWith(".java") && name.contains("/src/");
                        boolean text = name.endsWith(".md") && !name.contains("/");
                        boolean doc = name.startsWith("docs/") && name.endsWith(".md");
                        boolean build = name.equals("kinglet")
                                || name.equals(".ci/run")
                                || name.endsWith("pom.xml")
                                || name.contains("/src/main/dist/");
                        boolean script = name.endsWith(".py") && !name.contains("/target/");
                        return (source || text || doc || build || script) && !name.endsWith("WordsTest.java");
                    })
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
    }
}
