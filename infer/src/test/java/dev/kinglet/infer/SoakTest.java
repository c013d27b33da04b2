package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Soak.Leak;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Native memory stays what it is, however often a classifier is called. */
@Tag("native")
@Tag("system")
@EnabledOnOs(OS.LINUX) // which tells how much memory is resident
@Timeout(600)
class SoakTest {
    /** In 100,000 calls. */
    private static final double MIB = 1;
    /** The same of a tenth of the calls, in which the JVM has not come to rest; a tensor a call is 25. */
    private static final double MIB_OF_SHORT_RUN = 5;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void write() throws IOException {
        OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)).write(folder.resolve("model.onnx"));
        BufferedImage image = new BufferedImage(48, 32, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.ORANGE);
        pen.fillOval(10, 5, 25, 20);
        pen.dispose();
        ImageIO.write(image, "jpg", folder.resolve("image.jpg").toFile());
    }

    /** Whether {@link Soak} finds that memory grows; what it says is in the build's output. */
    private static boolean grows(int calls, Leak leak, double mib) throws Exception {
        ProcessBuilder program = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms128m",
                        "-Xmx128m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Soak.class.getName(),
                        folder.resolve("model.onnx").toString(),
                        folder.resolve("image.jpg").toString(),
                        Integer.toString(calls),
                        leak.name(),
                        Double.toString(mib)))
                .redirectErrorStream(true);
        program.environment().put("OPENCV_LOG_LEVEL", "SILENT");
        Process process = program.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.print(leak + ", " + said);
        assertThat(process.waitFor()).as(said).isIn(0, Soak.GROWS);
        return process.exitValue() == Soak.GROWS;
    }

    @Test
    void twenty_thousand_calls_leave_memory_as_it_was() throws Exception {
        assertThat(grows(20_000, Leak.NONE, MIB_OF_SHORT_RUN)).isFalse();
    }

    @Test
    void a_tensor_that_is_not_closed_is_seen() throws Exception {
        assertThat(grows(20_000, Leak.TENSORS, MIB_OF_SHORT_RUN)).isTrue();
    }

    @Test
    void a_pointer_that_is_not_closed_is_seen() throws Exception {
        assertThat(grows(20_000, Leak.POINTERS, MIB_OF_SHORT_RUN)).isTrue();
    }

    @Test
    @Tag("slow")
    void two_hundred_thousand_calls_leave_memory_as_it_was() throws Exception {
        assertThat(grows(200_000, Leak.NONE, MIB)).isFalse();
    }

    @Test
    @Tag("slow")
    void leaks_are_seen_in_two_hundred_thousand_calls() throws Exception {
        assertThat(grows(200_000, Leak.TENSORS, MIB)).isTrue();
        assertThat(grows(200_000, Leak.POINTERS, MIB)).isTrue();
    }
}
