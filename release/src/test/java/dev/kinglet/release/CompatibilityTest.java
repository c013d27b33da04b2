package dev.kinglet.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package is API or is not, by {@code docs/compatibility.md}, and the comparison with the last release leaves out the latter. */
class CompatibilityTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(dev\\.kinglet[\\w.]*)` \\|");
    private static final Pattern EXCLUDE = Pattern.compile("<exclude>(dev\\.kinglet\\.[\\w.]*)</exclude>");

    @Test
    void the_page_has_every_package_once() throws IOException {
        assertThat(rows("## API", "## Not API")).doesNotContainAnyElementsOf(rows("## Not API", "## How"));
        assertThat(Stream.concat(rows("## API", "## Not API").stream(), rows("## Not API", "## How").stream()))
                .containsExactlyInAnyOrderElementsOf(packages());
    }

    @Test
    void the_comparison_leaves_out_what_is_not_api() throws IOException {
        String pom = Files.readString(Reactor.ROOT.resolve("pom.xml"));
        String comparison = pom.substring(pom.indexOf("<id>compatibility</id>"));
        assertThat(names(EXCLUDE, comparison)).isEqualTo(rows("## Not API", "## How"));
    }

    private static Set<String> rows(String from, String to) throws IOException {
        String page = Files.readString(Reactor.ROOT.resolve("docs/compatibility.md"));
        assertThat(page).contains(from, to);
        return names(ROW, page.substring(page.indexOf("\n" + from), page.indexOf("\n" + to)));
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The packages of all published modules; generated ones by the folder of their definition. */
    private static Set<String> packages() throws IOException {
        Set<String> packages = new TreeSet<>();
        for (Path module : Reactor.published().values()) {
            Path sources = module.resolve("src/main/java");
            if (!Files.isDirectory(sources)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(sources)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .map(file -> sources.relativize(file).getParent())
                        .filter(folder -> folder != null)
                        .map(folder -> folder.toString().replace('/', '.').replace('\\', '.'))
                        .forEach(packages::add);
            }
        }
        packages.add("dev.kinglet.oip.grpc"); // generated
        return packages;
    }
}
