package dev.kinglet.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A plain embedding program, {@link ClassifyImage}, in processes of its own: on a disk that cannot be written, without a home,
 * with another temporary folder, several at once with nothing unpacked yet.
 */
@Tag("native")
class OddPlacesTest {
    private static final int TIMES = 50;

    /** A namespace of mounts in which nothing can be written but a folder that is empty, the first argument. */
    private static final String READ_ONLY =
            "mount -t tmpfs tmpfs \"$1\" && mount -o remount,bind,ro / && shift && exec \"$@\"";

    @TempDir
    private Path folder;

    private Path model = Path.of("");
    private Path photo = Path.of("");
    private int runs;

    @BeforeEach
    void write() throws IOException {
        model = Images.network(folder);
        photo = Files.write(folder.resolve("photo.jpg"), Images.jpeg());
    }

    /** What a process has printed. */
    private record Ended(int status, String out, String err) {
        void requireAnswer() {
            assertThat(status).as(err).isZero();
            assertThat(out).contains(" %  class ");
        }
    }

    /** A process that was started. */
    private record Running(Process process, Path out, Path err) {
        Ended result() throws IOException, InterruptedException {
            return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
        }
    }

    private Running start(List<String> before, String... options) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m"));
        command.addAll(List.of(options));
        command.addAll(List.of(ClassifyImage.class.getName(), model.toString(), photo.toString()));
        Path out = folder.resolve("out-" + runs);
        Path err = folder.resolve("err-" + runs++);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return new Running(builder.start(), out, err);
    }

    private Ended run(List<String> before, String... options) throws IOException, InterruptedException {
        return start(before, options).result();
    }

    private static List<String> readOnly(Path writable) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private"));
        if (!System.getProperty("user.name").equals("root")) {
            command.add("--map-root-user");
        }
        command.addAll(List.of("sh", "-c", READ_ONLY, "sh", writable.toString()));
        assumeThat(isAllowed(command)).as("namespaces of mounts").isTrue();
        return command;
    }

    private static boolean isAllowed(List<String> command) throws InterruptedException {
        try {
            List<String> trial =
                    Stream.concat(command.stream(), Stream.of("true")).toList();
            return new ProcessBuilder(trial).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) { // another system
            return false;
        }
    }

    @Test
    void a_disk_that_cannot_be_written_but_for_a_temporary_folder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        run(readOnly(temporary), "-Djava.io.tmpdir=" + temporary, "-Dorg.bytedeco.openblas.load=none")
                .requireAnswer();
    }

    @Tag("slow")
    @RepeatedTest(TIMES)
    void the_same_fifty_times() throws Exception {
        a_disk_that_cannot_be_written_but_for_a_temporary_folder();
    }

    @Test
    void nothing_that_can_be_written_is_one_line_that_says_what_to_set() throws Exception {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Ended ended = run(readOnly(elsewhere), "-Djava.io.tmpdir=" + folder);
        assertThat(ended.status()).isNotZero();
        assertThat(ended.err().lines().filter(line -> line.contains("UnsatisfiedLinkError: ")))
                .singleElement()
                .asString()
                .contains("ONNX Runtime cannot be loaded: ", "set -Djava.io.tmpdir to another one", folder.toString());
    }

    /** ONNX Runtime 1.29.0 keeps there what it reports to its makers, unless one of the two variables is set. */
    @Test
    void nothing_is_written_into_the_home_that_the_environment_names() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        run(List.of("env", "-u", "XDG_CACHE_HOME", "-u", "CI", "-u", "ORT_DISABLE_TELEMETRY", "HOME=" + home))
                .requireAnswer();
        assertThat(files(home)).containsExactly(home.toString());
    }

    @Test
    void a_decoder_that_cannot_be_unpacked_says_what_to_set() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Path nowhere = Files.writeString(folder.resolve("file"), "no folder");
        Files.writeString(temporary.resolve(".javacpp-" + System.getProperty("user.name")), "no folder");
        Ended ended = run(List.of(), "-Djava.io.tmpdir=" + temporary, "-Duser.home=" + nowhere);
        assertThat(ended.status()).isNotZero();
        assertThat(ended.err().lines().filter(line -> line.startsWith("Exception in thread ")))
                .singleElement()
                .asString()
                .contains("OpenCV, the image decoder, cannot be loaded: no folder can be written")
                .endsWith("; name one with -Dorg.bytedeco.javacpp.cachedir");
    }

    @Tag("slow")
    @Test
    void no_home_and_another_temporary_folder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        run(List.of(), "-Djava.io.tmpdir=" + temporary, "-Duser.home=/proc/none")
                .requireAnswer();
        assertThat(files(temporary))
                .anyMatch(file -> file.contains("opencv_core"))
                .anyMatch(file -> file.contains("onnxruntime4j_jni"));
    }

    @Tag("slow")
    @Test
    void libraries_that_were_unpacked_before_are_all_that_is_read() throws Exception {
        Path unpacked = folder.resolve("unpacked");
        run(List.of(), "-Dorg.bytedeco.javacpp.cachedir=" + unpacked, "-Dorg.bytedeco.javacpp.cachedir.nosubdir=true")
                .requireAnswer();
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        run(
                        readOnly(temporary),
                        "-Djava.io.tmpdir=" + temporary,
                        "-Djava.library.path=" + unpacked,
                        "-Donnxruntime.native.path=" + unpacked,
                        "-Dorg.bytedeco.javacpp.pathsFirst=true",
                        "-Dorg.bytedeco.javacpp.cacheLibraries=false")
                .requireAnswer();
    }

    private void severalAtOnce(int processes) throws Exception {
        Path cache = folder.resolve("cache");
        List<Running> all = new ArrayList<>();
        for (int i : IntStream.range(0, processes).toArray()) {
            all.add(start(List.of(), "-Dorg.bytedeco.javacpp.cachedir=" + cache, "-Dnumber=" + i));
        }
        for (Running one : all) {
            one.result().requireAnswer();
        }
        assertThat(files(cache)).anyMatch(file -> file.endsWith("libonnxruntime4j_jni.so"));
    }

    @Test
    void two_at_once_with_nothing_unpacked_yet() throws Exception {
        severalAtOnce(2);
    }

    @Tag("slow")
    @RepeatedTest(TIMES)
    void four_at_once_fifty_times() throws Exception {
        severalAtOnce(4);
    }

    private static List<String> files(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.map(Path::toString).toList();
        }
    }
}
