package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.cli.Main;
import dev.kinglet.cli.console.Console;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An option that a page names is one that a command has: of Kinglet's program, or of its programs for Spark. */
class OptionsInDocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9_-]*");

    /** Of Java, Maven, Spark, other programs. */
    private static final Set<String> FOREIGN = Set.of(
            "--add-modules",
            "--add-opens",
            "--class",
            "--conf",
            "--driver-java-options",
            "--properties-file",
            "--archives",
            "--armor",
            "--export",
            "--export-secret-keys",
            "--jars",
            "--enable-native-access",
            "--sun-misc-unsafe-memory-access",
            "--data-binary",
            "--nodes",
            "--ntasks-per-node",
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages");

    /** Pages on what was, or what others have: options that are gone, and those of articles. */
    private static final Pattern HISTORY = Pattern.compile("CHANGELOG\\.md|docs/(?:decisions/.*|results\\.md)");

    @Test
    void every_option_of_a_page_is_one_of_a_command() throws IOException {
        Set<String> options = new HashSet<>(FOREIGN);
        List<String> commands = matches(help(), Pattern.compile("(?m)^  ([a-z-]+) {2,}"));
        assertThat(commands).contains("train", "benchmark", "data");
        for (String command : commands) {
            String help = help(command);
            options.addAll(matches(help, OPTION));
            for (String below : matches(help, Pattern.compile("(?m)^  ([a-z-]+) {2,}"))) {
                options.addAll(matches(help(command, below), OPTION));
            }
        }
        try (Stream<Path> programs = Files.list(ROOT.resolve("spark/src/main/java/dev/kinglet/spark"))) {
            for (Path program : programs.toList()) {
                options.addAll(matches(Files.readString(program), Pattern.compile("\"(--[a-z-]+)\"")));
            }
        }

        Set<String> unknown = new TreeSet<>();
        for (Path page : LinksTest.pages()
                .filter(page -> !HISTORY.matcher(page.toString()).matches())
                .toList()) {
            for (String line : Files.readAllLines(ROOT.resolve(page))) {
                for (String option : matches(ofKinglet(page, line), OPTION)) {
                    if (!options.contains(option.replace('_', '-'))) {
                        unknown.add(page + ": " + option);
                    }
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    /** The first column of the tables of migration is the other program's. */
    private static String ofKinglet(Path page, String line) {
        return page.endsWith("migrating.md") && line.startsWith("|") ? line.replaceFirst("^\\|[^|]*\\|", "") : line;
    }

    private static List<String> matches(String text, Pattern pattern) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(match.groupCount()))
                .toList();
    }

    private static String help(String... command) {
        String[] words = Stream.concat(Stream.of(command), Stream.of("--help")).toArray(String[]::new);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(Main.run(words, new Console(print, print, false)))
                .as(List.of(words) + " " + out)
                .isZero();
        return out.toString(StandardCharsets.UTF_8);
    }
}
