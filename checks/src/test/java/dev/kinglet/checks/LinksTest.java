package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every link of a page leads somewhere: to a file that is there, and to a heading of it, by the anchor GitHub gives it. */
class LinksTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("!?\\[(?:[^\\[\\]]|\\[[^\\]]*])*]\\(([^()\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.*?) *#*$");
    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```$|`[^`\n]*`|(?<=\n\n)(?: {4}[^\n]*\n)+");

    static Stream<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files
                    .map(ROOT::relativize)
                    .filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> Stream.of(file.toString().split("/", -1))
                            .noneMatch(name -> name.equals("target") || name.startsWith(".")))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void every_link_leads_somewhere(Path page) throws IOException {
        List<String> dead = new ArrayList<>();
        for (String link : links(Files.readString(ROOT.resolve(page)))) {
            if (!leadsSomewhere(page, link)) {
                dead.add(link);
            }
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void a_dead_link_and_a_dead_anchor_are_found() throws IOException {
        Path page = Path.of("README.md");
        assertThat(leadsSomewhere(page, "docs/spark.md")).isTrue();
        assertThat(leadsSomewhere(page, "docs/spark.md#memory-and-cores")).isTrue();
        assertThat(leadsSomewhere(page, "#set-up")).isTrue();
        assertThat(leadsSomewhere(page, "docs/sparks.md")).isFalse();
        assertThat(leadsSomewhere(page, "docs/spark.md#memory")).isFalse();
        assertThat(leadsSomewhere(page, "../elsewhere/README.md")).isFalse();
        assertThat(leadsSomewhere(page, "http://exa mple")).isFalse();
        assertThat(links("[a [b]](x.md) `[c](y.md)` ![d](z.png)")).containsExactly("x.md", "z.png");
    }

    private static List<String> links(String page) {
        return LINK.matcher(CODE.matcher(page).replaceAll("code"))
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    private static boolean leadsSomewhere(Path page, String link) throws IOException {
        if (link.matches("[a-z]+:.*")) {
            return isAddress(link);
        }
        String[] parts = link.split("#", 2);
        Path from = ROOT.resolve(page);
        Path to = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]).normalize();
        return to.startsWith(ROOT)
                && Files.exists(to)
                && (parts.length == 1 || anchors(Files.readString(to)).contains(parts[1]));
    }

    /** Of other sites only the form is looked at. */
    private static boolean isAddress(String link) {
        try {
            URI address = URI.create(link);
            return List.of("http", "https").contains(address.getScheme()) && address.getHost() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Lower case, without punctuation, with hyphens for blanks, and a number where a heading comes again. */
    private static Set<String> anchors(String page) {
        Set<String> anchors = new HashSet<>();
        HEADING.matcher(page.replaceAll("(?ms)^```.*?^```$", "")).results().forEach(heading -> {
            String anchor = heading.group(1)
                    .replaceAll("\\[([^\\]]*)]\\([^)]*\\)", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            String unique = anchor;
            for (int again = 1; !anchors.add(unique); again++) {
                unique = anchor + "-" + again;
            }
        });
        return anchors;
    }
}
