package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package that a published module exports has a guide: what it is for, where to start, a short example. */
class GuidesTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern EXPORTS = Pattern.compile("(?m)^ *exports ([\\w.]+);");

    /** Generated, or of the program, which is not published as a library. */
    private static final List<String> LEFT_OUT = List.of("dev.kinglet.oip.grpc");

    private static List<Path> guides() throws IOException {
        List<Path> guides = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path sources : modules.map(module -> module.resolve("src/main/java"))
                    .filter(sources -> Files.exists(sources.resolve("module-info.java")))
                    .sorted()
                    .toList()) {
                EXPORTS.matcher(Files.readString(sources.resolve("module-info.java")))
                        .results()
                        .map(exported -> exported.group(1))
                        .filter(exported -> !LEFT_OUT.contains(exported))
                        .map(exported -> sources.resolve(exported.replace('.', '/') + "/package-info.java"))
                        .forEach(guides::add);
            }
        }
        return guides;
    }

    @Test
    void every_exported_package_has_a_guide() throws IOException {
        List<Path> guides = guides();
        assertThat(guides).hasSizeGreaterThan(20).allSatisfy(guide -> {
            assertThat(guide).exists();
            assertThat(Files.readString(guide))
                    .as(ROOT.relativize(guide).toString())
                    .startsWith("/**")
                    .containsPattern("\\{@link\\s")
                    .contains("<pre>{@code");
        });
    }
}
