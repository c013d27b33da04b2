package dev.kinglet.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.micrometer.ClassifierMetrics.FailureKind;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class ClassifierMetricsTest {
    private static final RgbImage GRAY = new RgbImage(20, 20, new byte[20 * 20 * 3]);
    private static final byte[] BMP = HexFormat.of()
            .parseHex("424d3a000000000000003600000028000000010000000100000001001800000000000400000000000000"
                    + "00000000000000000000000000000000");

    private final MeterRegistry registry = new SimpleMeterRegistry();

    private Classifier classifier(String model) throws IOException {
        return Classifier.of(
                OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)),
                model + ".onnx",
                ClassifierOptions.defaults().withSessions(2).withListener(new ClassifierMetrics(registry, model)));
    }

    private Timer phase(String model, String phase) {
        return registry.get(ClassifierMetrics.PHASES)
                .tags("model", model, "phase", phase)
                .timer();
    }

    private double failures(String model, String kind) {
        return registry.get(ClassifierMetrics.FAILURES)
                .tags("model", model, "kind", kind)
                .counter()
                .count();
    }

    @Test
    void each_call_is_in_the_timer_of_each_phase_it_has() throws IOException {
        try (Classifier otters = classifier("otters");
                Classifier birds = classifier("birds")) {
            otters.classify(BMP);
            otters.classify(BMP);
            otters.classify(List.of(GRAY, GRAY, GRAY));
            birds.classify(GRAY);
        }
        Timer calls =
                registry.get(ClassifierMetrics.CALLS).tag("model", "otters").timer();
        assertThat(calls.count()).isEqualTo(3);
        assertThat(phase("otters", "decode").count()).isEqualTo(2);
        double phases = 0;
        for (String phase : List.of("decode", "prepare", "wait", "run")) {
            assertThat(phase("otters", phase).totalTime(TimeUnit.NANOSECONDS))
                    .as(phase)
                    .isPositive();
            phases += phase("otters", phase).totalTime(TimeUnit.NANOSECONDS);
        }
        assertThat(phases).isEqualTo(calls.totalTime(TimeUnit.NANOSECONDS));
        assertThat(phase("otters", "run").count()).isEqualTo(3);
        assertThat(registry.get(ClassifierMetrics.IMAGES)
                        .tag("model", "otters")
                        .counter()
                        .count())
                .isEqualTo(5);
        assertThat(phase("birds", "decode").count()).isZero();
        assertThat(phase("birds", "run").count()).isEqualTo(1);
    }

    @Test
    void failures_are_counted_by_kind_and_are_in_no_timer() throws IOException {
        Classifier otters = classifier("otters");
        assertThatThrownBy(() -> otters.classify(new byte[10])).isInstanceOf(ImageException.class);
        assertThatThrownBy(() -> otters.classify(Path.of("nowhere.jpg"))).isInstanceOf(ImageException.class);
        InputStream broken = Files.newInputStream(Files.createTempFile("kinglet", ".jpg"));
        broken.close();
        assertThatThrownBy(() -> otters.classify(broken)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> otters.logits(new float[3], 7)).isInstanceOf(IllegalArgumentException.class);
        otters.close();
        assertThatThrownBy(() -> otters.classify(BMP)).isInstanceOf(IllegalStateException.class);
        assertThat(failures("otters", "image")).isEqualTo(2);
        assertThat(failures("otters", "stream")).isEqualTo(1);
        assertThat(failures("otters", "classifier")).isEqualTo(1);
        assertThat(failures("otters", "argument")).isZero(); // a length is checked before the call begins
        assertThat(failures("otters", "other")).isZero();
        assertThat(registry.get(ClassifierMetrics.CALLS).timer().count()).isZero();
        assertThat(FailureKind.of(new OutOfMemoryError())).isEqualTo(FailureKind.OTHER);
        assertThat(FailureKind.of(new IllegalArgumentException())).isEqualTo(FailureKind.ARGUMENT);
    }

    @Test
    void all_meters_are_there_before_the_first_call_with_the_tags_that_were_given() throws IOException {
        new ClassifierMetrics(registry, "otters", List.of(io.micrometer.core.instrument.Tag.of("region", "north")));
        assertThat(registry.getMeters().stream().map(Meter::getId))
                .hasSize(1 + 4 + 1 + 5)
                .allMatch(id -> id.getName().startsWith("kinglet.classifier."))
                .allMatch(id -> "otters".equals(id.getTag("model")) && "north".equals(id.getTag("region")));
    }

    @Test
    void no_call_of_several_threads_is_lost() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Classifier otters = classifier("otters")) {
            threads.invokeAll(IntStream.range(0, 400)
                    .<Callable<Object>>mapToObj(i -> () -> otters.classify(i % 10 == 0 ? new byte[10] : BMP))
                    .toList());
        } finally {
            threads.shutdownNow();
        }
        assertThat(registry.get(ClassifierMetrics.CALLS).timer().count()).isEqualTo(360);
        assertThat(failures("otters", "image")).isEqualTo(40);
    }
}
