package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Error Prone, which runs once over all sources, is shown the sources of every module. */
class LintTest {
    private static final Pattern SOURCE_ROOT =
            Pattern.compile("<compileSourceRoot>\\$\\{project\\.basedir}/\\.\\./(.+)</compileSourceRoot>");

    @Test
    void names_the_sources_of_every_module() throws IOException {
        Path root = Path.of("..");
        List<String> named = SOURCE_ROOT
                .matcher(Files.readString(root.resolve("lint/pom.xml")))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
        try (Stream<Path> folders = Files.walk(root, 2)) {
            List<String> sources = folders.filter(
                            folder -> !folder.equals(root) && Files.exists(folder.resolve("pom.xml")))
                    .map(module -> root.relativize(module).toString())
                    .filter(module -> !module.equals("stubs")) // generated
                    .flatMap(module -> Stream.of(module + "/src/main/java", module + "/src/test/java"))
                    .filter(folder -> Files.isDirectory(root.resolve(folder)))
                    .toList();
            assertThat(named).containsExactlyInAnyOrderElementsOf(sources);
        }
    }
}
