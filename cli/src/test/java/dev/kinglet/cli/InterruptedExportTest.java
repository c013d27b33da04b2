package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exports in a process of their own, which get a signal in the middle. */
@Tag("native")
@Tag("system")
@EnabledOnOs({OS.LINUX, OS.MAC}) // signals
class InterruptedExportTest {
    @TempDir
    private Path folder;

    /** @param sign what is printed when the work has begun */
    @ParameterizedTest
    @CsvSource({"--tune, -INT, speedup", "--int8, -TERM, left out"})
    void a_signal_stops_an_export_with_status_130_and_no_file(String option, String signal, String sign)
            throws Exception {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 20, 1);
        for (int i = 0; i < 10; i++) {
            Files.writeString(images.resolve("broken" + i + ".png"), "no image");
        }
        Path output = folder.resolve("x.onnx");
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kinglet.cli.Main",
                "export",
                "--model",
                "condensenetv2_a",
                "--output",
                output.toString(),
                option));
        if (option.equals("--int8")) {
            words.addAll(List.of("--calibrate", images.toString(), "--calibrate-images", "200"));
        }
        Path errors = folder.resolve("err.txt");
        Process export =
                new ProcessBuilder(words).redirectError(errors.toFile()).start();
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!Files.readString(errors).contains(sign)) {
            assertThat(export.isAlive() && System.nanoTime() < end)
                    .as(Files.readString(errors))
                    .isTrue();
            Thread.sleep(20);
        }
        new ProcessBuilder("kill", signal, Long.toString(export.pid())).start().waitFor();
        assertThat(export.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(export.exitValue()).isEqualTo(130);
        assertThat(Files.readString(errors)).endsWith("kinglet: stopped\n");
        assertThat(output).doesNotExist();
    }
}
