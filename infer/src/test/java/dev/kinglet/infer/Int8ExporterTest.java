package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("native")
class Int8ExporterTest {
    private static final Model MODEL = SampleModels.withRandomState(SampleModels.everyOp(), 1);

    @TempDir
    Path folder;

    /** Images of random rectangles, in a folder of that name. */
    private Samples drawn(String name, int count, long seed) throws IOException {
        Path images = Files.createDirectories(folder.resolve(name));
        RandomGenerator random = new SplittableRandom(seed);
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
            Graphics2D pen = image.createGraphics();
            for (int shape = 0; shape < 6; shape++) {
                pen.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
                pen.fillRect(random.nextInt(20), random.nextInt(16), 12, 10);
            }
            pen.dispose();
            Path file = images.resolve(seed + "-" + i + ".png");
            ImageIO.write(image, "png", file.toFile());
            files.add(file);
        }
        return read(files);
    }

    private static Samples read(List<Path> files) {
        return Samples.read(
                files,
                MODEL.card(),
                e -> {
                    throw new AssertionError(e);
                },
                () -> {});
    }

    private static Int8Exporter exporter(CalibrationMethod method, Optional<Set<String>> keep) {
        return new Int8Exporter(Exporter.defaults(), method, keep);
    }

    @ParameterizedTest
    @EnumSource(CalibrationMethod.class)
    void an_int8_file_agrees_with_the_network(CalibrationMethod method) throws IOException {
        Path file = folder.resolve("int8.onnx");
        Int8Report report = exporter(method, Optional.of(Set.of()))
                .export(MODEL, drawn("seen", 20, 1), drawn("class 3", 20, 2), file);
        assertThat(report.bytes()).isEqualTo(Files.size(file));
        assertThat(report.plain().difference()).isLessThan(1e-5);
        assertThat(report.fidelity().images()).isEqualTo(20);
        assertThat(report.fidelity().sqnr()).isGreaterThan(15); // eight bits in a dozen layers
        assertThat(report.fidelity().before()).isPresent(); // as the folder is named like a class
        try (Classifier classifier = Classifier.open(file)) {
            assertThat(classifier.classify(folder.resolve("seen/1-0.png"))).hasSize(5);
        }
    }

    @Test
    void logits_are_not_quantized() throws IOException {
        Path file = folder.resolve("int8.onnx");
        exporter(CalibrationMethod.MINMAX, Optional.of(Set.of()))
                .export(MODEL, drawn("seen", 20, 1), drawn("others", 20, 2), file);
        int count = 100;
        float[] images = new float[count * 3 * SampleModels.PIXELS * SampleModels.PIXELS];
        RandomGenerator random = new SplittableRandom(3);
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        try (Classifier classifier = Classifier.open(file)) {
            float[] logits = classifier.logits(images, count);
            long different = IntStream.range(0, logits.length)
                    .mapToObj(i -> logits[i])
                    .distinct()
                    .count();
            assertThat(different).isGreaterThan(256);
        }
    }

    @Test
    void uint8_input_and_int8_weights_combine() throws IOException {
        Path file = folder.resolve("int8.onnx");
        Exporter uint8Input = new Exporter(Rewrites.all(), InputType.UINT8);
        Int8Report report = new Int8Exporter(uint8Input, CalibrationMethod.MINMAX, Optional.of(Set.of()))
                .export(MODEL, drawn("seen", 20, 1), drawn("others", 20, 2), file);
        assertThat(OnnxFile.read(file).inputType()).isEqualTo(InputType.UINT8);
        assertThat(report.fidelity().sqnr()).isGreaterThan(15);
        assertThat(report.fidelity().before()).isEmpty();
    }

    @Test
    void an_int8_file_has_embeddings_near_those_of_the_float32_file() throws IOException {
        Path int8 = folder.resolve("int8.onnx");
        Path plain = folder.resolve("plain.onnx");
        new Int8Exporter(Exporter.defaults().withEmbeddings(), CalibrationMethod.MINMAX, Optional.of(Set.of()))
                .export(MODEL, drawn("seen", 20, 1), drawn("others", 20, 2), int8);
        Exporter.defaults().withEmbeddings().export(MODEL, plain);
        try (Classifier quantized = Classifier.open(int8);
                Classifier exact = Classifier.open(plain)) {
            assertThat(quantized.features()).isEqualTo(exact.features());
            for (int i = 0; i < 20; i++) {
                Path image = folder.resolve("others/2-" + i + ".png");
                assertThat(Embeddings.cosine(quantized.embed(image), exact.embed(image)))
                        .isGreaterThan(0.98); // eight bits in a dozen layers
            }
        }
    }

    @Test
    void float32_layers_raise_the_sqnr() throws IOException {
        Samples seen = drawn("seen", 20, 1);
        Samples others = drawn("others", 20, 2);
        Path file = folder.resolve("int8.onnx");
        double none = exporter(CalibrationMethod.MINMAX, Optional.of(Set.of()))
                .export(MODEL, seen, others, file)
                .fidelity()
                .sqnr();
        Int8Report some = exporter(CalibrationMethod.MINMAX, Optional.of(Set.of("fc", "biased", "sum", "both")))
                .export(MODEL, seen, others, file);
        assertThat(some.floatLayers()).containsExactlyInAnyOrder("fc", "biased", "sum", "both");
        assertThat(some.fidelity().sqnr()).isGreaterThan(none);
    }

    @Test
    void layers_chosen_by_measurement_raise_the_sqnr() throws IOException {
        Samples seen = drawn("seen", 20, 1);
        Samples others = drawn("others", 20, 2);
        Path file = folder.resolve("int8.onnx");
        Int8Report none =
                exporter(CalibrationMethod.MINMAX, Optional.of(Set.of())).export(MODEL, seen, others, file);
        Int8Report chosen = exporter(CalibrationMethod.MINMAX, Optional.empty()).export(MODEL, seen, others, file);
        assertThat(chosen.floatLayers()).isNotEmpty();
        assertThat(chosen.fidelity().sqnr()).isGreaterThan(none.fidelity().sqnr());
        long floats = chosen.floatBytes();
        assertThat(none.bytes()).isGreaterThan((long) (0.27 * floats)); // it is more graph than weights
        assertThat((double) chosen.bytes()).isLessThanOrEqualTo(none.bytes() + 0.01 * floats);
    }

    @Test
    void a_file_with_too_low_an_sqnr_is_not_written() throws IOException {
        BufferedImage mean = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = mean.createGraphics();
        pen.setColor(new Color(0.5f, 0.4f, 0.3f)); // normalized, this is next to nothing
        pen.fillRect(0, 0, 24, 20);
        pen.dispose();
        Path gray = folder.resolve("gray.png");
        ImageIO.write(mean, "png", gray.toFile());
        Samples others = drawn("others", 20, 2);
        Path file = folder.resolve("int8.onnx");
        assertThatThrownBy(() -> exporter(CalibrationMethod.MINMAX, Optional.of(Set.of()))
                        .export(MODEL, read(List.of(gray)), others, file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(
                        file + " is not written: quantized to int8, its logits would have an SQNR of only ")
                .hasMessageContaining("calibrate with more images like those it is for");
        assertThat(file).doesNotExist();
    }
}
