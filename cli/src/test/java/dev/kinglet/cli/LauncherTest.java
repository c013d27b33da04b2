package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of the distribution, in a locale that has no encoding. */
@Tag("native")
@Tag("system")
class LauncherTest {
    private static final String NAME = "F\u00fcchse \u72ac";

    @TempDir
    private Path folder;

    @BeforeEach
    void needUtf8() throws Exception {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "this JVM cannot make such names");
        Process locales = new ProcessBuilder("locale", "-a").start();
        assumeTrue(new String(locales.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .toLowerCase(Locale.ROOT)
                .contains("utf"));
    }

    @Test
    void names_beyond_ascii_work_without_a_locale_for_the_program_its_folder_and_its_data() throws Exception {
        Path launcher = install(folder.resolve(NAME));
        Path images = folder.resolve(NAME + " images");
        SyntheticImages.draw(images, 1, 2, 1);
        Files.move(images.resolve("train/dots"), images.resolve("train/" + NAME));
        Files.move(images.resolve("val/dots"), images.resolve("val/" + NAME));

        for (Map<String, String> locale :
                List.of(Map.of("LC_ALL", "C"), Map.of("LANG", "POSIX"), Map.<String, String>of())) {
            Outcome outcome = run(locale, images, launcher.toString(), "data", "info", images.toString());
            assertThat(outcome.status()).as(outcome.text()).isZero();
            assertThat(outcome.text()).contains(NAME);
        }
    }

    @Test
    void hints_name_the_program_as_it_was_called() throws Exception {
        Path launcher = install(folder.resolve("here"));

        Outcome byPath = run(Map.of("LC_ALL", "C"), folder, "here/bin/kinglet", "modells");
        Outcome onPath = run(
                Map.of("LC_ALL", "C", "PATH", launcher.getParent() + ":" + System.getenv("PATH")),
                folder,
                "sh",
                "-c",
                "kinglet modells");
        Outcome byOther = run(Map.of("LC_ALL", "C", "KINGLET_COMMAND", "./kinglet"), folder, launcher + "", "modells");

        assertThat(byPath.text()).contains("(here/bin/kinglet --help says");
        assertThat(onPath.text()).contains("(kinglet --help says");
        assertThat(byOther.text()).contains("(./kinglet --help says");
    }

    @Test
    void a_name_that_java_cannot_read_is_answered_with_the_locale_to_set() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("java.class.path");
        Path images = Files.createDirectories(folder.resolve(NAME));

        Outcome argument = run(
                Map.of("LC_ALL", "C"), folder, java, "-cp", classPath, "dev.kinglet.cli.Main", "data", "info", NAME);
        Outcome current = run(Map.of("LC_ALL", "C"), images, java, "-cp", classPath, "dev.kinglet.cli.Main", "models");

        for (Outcome outcome : List.of(argument, current)) {
            assertThat(outcome.status()).as(outcome.text()).isEqualTo(2);
            assertThat(outcome.text())
                    .hasLineCount(1)
                    .contains("this locale has file names in")
                    .contains("LC_ALL=C.UTF-8");
        }
    }

    private record Outcome(int status, String text) {}

    private static Outcome run(Map<String, String> locale, Path current, String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(current.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        environment.putAll(locale);
        environment.put("KINGLET_OPTS", "-Xmx512m");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    /** The launcher with a jar that refers to this test's class path, as the distribution has them. */
    private static Path install(Path home) throws IOException {
        Path launcher = home.resolve("bin/kinglet");
        Files.createDirectories(launcher.getParent());
        Files.createDirectories(home.resolve("lib"));
        Files.copy(Path.of("src/main/dist/bin/kinglet"), launcher);
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Main.class.getName());
        new JarOutputStream(Files.newOutputStream(home.resolve("lib/kinglet-cli-0.jar")), manifest).close();
        return launcher;
    }
}
