package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of formats names every key that a command writes. */
class FormatsPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern KEY = Pattern.compile("\\.(?:put|putArray|putObject|set)\\(\\s*\"([a-z_0-9]+)\"");

    @Test
    void every_key_of_the_json_of_a_command_is_on_the_page() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/formats.md"));
        Set<String> keys = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(ROOT.resolve("cli/src/main/java"))) {
            for (Path source : sources.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("Main.java")) // whose keys are commands
                    .toList()) {
                KEY.matcher(Files.readString(source)).results().forEach(key -> keys.add(key.group(1)));
            }
        }
        assertThat(keys).hasSizeGreaterThan(100);
        keys.removeIf(
                key -> Pattern.compile("[`\"]" + key + "[`\"]").matcher(page).find());
        assertThat(keys).isEmpty();
    }
}
