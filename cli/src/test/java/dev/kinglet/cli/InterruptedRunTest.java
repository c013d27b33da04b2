package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training in a process of its own, which is stopped in the middle and gone on with. */
@Tag("native")
@Tag("system")
@EnabledOnOs({OS.LINUX, OS.MAC}) // signals
class InterruptedRunTest {
    private static final int EPOCHS = 10; // more than are done when it is stopped

    @TempDir
    private Path folder;

    private Path runs;
    private Path run;

    @BeforeEach
    void draw() throws IOException {
        SyntheticImages.draw(folder.resolve("images"), 3, 4, 1);
        runs = folder.resolve("runs");
        run = runs.resolve("stopped");
    }

    @Test
    void ctrl_c_leaves_a_checkpoint_and_status_130_and_the_run_can_be_finished() throws Exception {
        Process training = start();
        awaitRow(2);
        kill(training, "-INT");
        assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(training.exitValue()).isEqualTo(130);
        assertThat(Files.readString(folder.resolve("err.txt"))).contains("kinglet train --resume " + run);
        assertThat(checkpoints()).isNotEmpty();
        assertThat(temporaryFiles()).isEmpty();
        finish();
    }

    @Test
    void a_killed_run_goes_on_and_ends() throws Exception {
        Process training = start();
        awaitRow(3);
        kill(training, "-KILL");
        assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(training.exitValue()).isEqualTo(128 + 9);
        finish();
    }

    /** Java starts, libraries load, data is opened, the folder is there, the first step runs: no moment is special. */
    @ParameterizedTest
    @CsvSource({"-INT, 250", "-TERM, 600", "-INT, 1000", "-TERM, 1600", "-INT, 2400"})
    void a_signal_at_any_moment_ends_in_order_with_status_130(String signal, int millis) throws Exception {
        Process training = start();
        Thread.sleep(millis);
        kill(training, signal);
        assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertOrderly(training);
    }

    @Test
    void a_signal_while_the_runs_folder_is_begun_ends_in_order_with_status_130() throws Exception {
        Process training = start();
        while (!Files.exists(run) && training.isAlive()) {
            Thread.sleep(5);
        }
        kill(training, "-INT");
        assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertOrderly(training);
        assertThat(temporaryFiles()).isEmpty();
    }

    private void assertOrderly(Process training) throws IOException {
        String said = errors();
        assertThat(said)
                .doesNotContain("mistake in Kinglet", "Shutdown in progress", "kinglet: null", "kinglet: closed");
        if (training.exitValue() != 128 + 15) { // TERM before Java has begun to run the program
            assertThat(training.exitValue()).as(said).isEqualTo(130);
        }
    }

    private Process start() throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kinglet.cli.Main",
                "train",
                "--data",
                folder.resolve("images").toString(),
                "--output",
                runs.toString(),
                "--name",
                "stopped"));
        words.addAll(List.of("--model", "resnet20_cifar", "--img-size", "32", "--batch-size", "10", "--threads", "1"));
        words.addAll(List.of("--epochs", Integer.toString(EPOCHS), "--lr", "0.01"));
        return new ProcessBuilder(words)
                .redirectOutput(folder.resolve("out.txt").toFile())
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
    }

    /** Waits until so many epochs are in the run's record. */
    private void awaitRow(int epochs) throws IOException, InterruptedException {
        Path results = run.resolve("results.csv");
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!Files.exists(results) || Files.readAllLines(results).size() < 1 + epochs) {
            assertThat(System.nanoTime())
                    .as("still no epoch %s: %s", epochs, errors())
                    .isLessThan(end);
            Thread.sleep(20);
        }
    }

    private String errors() throws IOException {
        return Files.readString(folder.resolve("err.txt"));
    }

    private static void kill(Process process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void finish() throws IOException {
        int before = Files.readAllLines(run.resolve("results.csv")).size();
        assertThat(before).isLessThan(1 + EPOCHS);
        Run resumed = Run.kinglet("train", "--resume", "--output", runs, "--json");
        assertThat(resumed.status()).as(resumed.err()).isZero();
        assertThat(resumed.out()).contains("\"finished\"");
        List<String> rows = Files.readAllLines(run.resolve("results.csv"));
        assertThat(rows).hasSize(1 + EPOCHS);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            assertThat(rows.get(1 + epoch)).startsWith(epoch + ",");
        }
    }

    private List<Path> checkpoints() throws IOException {
        try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
            return files.toList();
        }
    }

    private List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            return files.filter(file -> file.toString().endsWith(".tmp")).toList();
        }
    }
}
