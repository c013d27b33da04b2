package dev.kinglet.judges.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.judges.Drawing;
import dev.kinglet.judges.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server's later starts map the classes that the first one has written. */
@Tag("native")
@EnabledOnOs({OS.LINUX, OS.MAC}) // links, signals
class StartTest {
    private static final String OLD_CLASS = " picocli.CommandLine$Interpreter source: "; // in the format of Java 5

    @TempDir
    private Path folder;

    private ServerProcess start(Path home, Path model, String options) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(home.resolve("bin/kinglet").toString(), "serve", model.toString(), "--port", "0");
        builder.environment().put("KINGLET_OPTS", options);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return ServerProcess.start(builder);
    }

    private static List<String> archives(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.contains(".jsa"))
                    .toList();
        }
    }

    /** The launcher runs that jar alone: what it names and is not there is missing. */
    @Test
    void the_jars_that_the_programs_jar_names_are_beside_it() throws IOException {
        List<String> jars;
        Path library = ServerProcess.program().resolveSibling("../lib");
        try (Stream<Path> files = Files.list(library)) {
            jars = files.map(file -> file.getFileName().toString()).toList();
        }
        String program = jars.stream()
                .filter(name -> name.startsWith("kinglet-cli-"))
                .findFirst()
                .orElseThrow();
        try (JarFile jar = new JarFile(library.resolve(program).toFile())) {
            String named = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            assertThat(jars)
                    .containsAll(Stream.of(named.split(" "))
                            .filter(name ->
                                    !name.matches(".*-(linux|osx|windows)-[a-z0-9_]+\\.jar")) // of other platforms
                            .toList());
        }
    }

    @Tag("system")
    @Test
    void later_starts_take_classes_from_the_archive_of_the_first_one_and_neither_a_recording_nor_damage_does_harm()
            throws Exception {
        Path model = folder.resolve("net.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        Path home = Files.createDirectories(folder.resolve("home"));
        Files.copy(
                ServerProcess.program(),
                Files.createDirectories(home.resolve("bin")).resolve("kinglet"));
        Files.createSymbolicLink(
                home.resolve("lib"),
                ServerProcess.program().resolveSibling("../lib").toRealPath());

        try (ServerProcess first = start(home, model, "-Xmx512m")) {
            assertThat(archives(home)).noneMatch(name -> name.endsWith(".jsa")); // only the list
            first.terminate();
            assertThat(first.ended(Duration.ofSeconds(60))).hasValue(0);
        }
        assertThat(archives(home)).hasSize(1).first().asString().endsWith(".jsa");

        Path loaded = folder.resolve("loaded.txt");
        try (ServerProcess second = start(home, model, "-Xmx512m -Xlog:class+load:file=" + loaded)) {
            Process recording = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            second.javaProcess() + "",
                            "JFR.start")
                    .start();
            assertThat(recording.waitFor()).isZero();
            try (Connection connection = new Connection(second.uri())) {
                Connection.Reply reply = connection.send(drawing());
                assertThat(reply.status()).as(reply.text()).isEqualTo(200);
            }
            second.terminate();
            assertThat(second.ended(Duration.ofSeconds(60))).hasValue(0);
        }
        assertThat(Files.readAllLines(loaded))
                .anyMatch(line -> line.endsWith(" dev.kinglet.serve.Server source: shared objects file"))
                .anyMatch(line -> line.contains(OLD_CLASS))
                .noneMatch(line -> line.endsWith(OLD_CLASS + "shared objects file"))
                .anyMatch(line -> line.endsWith(" picocli.CommandLine source: shared objects file"));

        Path archive = home.resolve(archives(home).get(0));
        byte[] whole = Files.readAllBytes(archive);
        Files.delete(archive);
        Files.write(archive, Arrays.copyOf(whole, whole.length / 2));
        try (ServerProcess third = start(home, model, "-Xmx512m -Xlog:class+load:file=" + loaded);
                Connection connection = new Connection(third.uri())) {
            Connection.Reply reply = connection.send(drawing());
            assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        }
        assertThat(Files.readAllLines(loaded))
                .anyMatch(line -> line.contains(" dev.kinglet.serve.Server source: file:"));
    }

    private static Connection.Request drawing() throws IOException {
        return Connection.Request.post("/predictions/net", Drawing.png(60, 50), "");
    }
}
