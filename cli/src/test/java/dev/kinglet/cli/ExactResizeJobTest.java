package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.PngWriter;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Preprocessing.ResizeMode;
import dev.kinglet.network.Tensors;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.Npy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job with {@code --resize exact} on images twice as wide as high, or as high as wide. The same images resized to
 * squares beforehand, which no resize changes, say what has to come out.
 */
@Tag("native")
class ExactResizeJobTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SIZE = 32;

    @TempDir
    private static Path folder;

    private static Path oblong;
    private static Path squares;
    private static Path run;
    private static Path onnx;

    @BeforeAll
    static void draw_train_and_export() throws IOException {
        oblong = folder.resolve("oblong");
        squares = folder.resolve("squares");
        SyntheticImages.draw(oblong, 3, 2, 1);
        try (Stream<Path> files = Files.walk(oblong)) {
            int number = 0;
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                half(file, number++ % 2 == 0);
                Path square = squares.resolve(oblong.relativize(file));
                Files.createDirectories(square.getParent());
                Files.write(square, PngWriter.encode(squashed(file)));
            }
        }
        run = train(oblong, "run", 1);
        onnx = export(folder.resolve("exported.onnx"));
    }

    /** Leaves the middle half of an image, lying or standing. */
    private static void half(Path file, boolean lying) throws IOException {
        BufferedImage image = ImageIO.read(file.toFile());
        int quarter = SyntheticImages.SIZE / 4;
        BufferedImage part = lying
                ? image.getSubimage(0, quarter, 4 * quarter, 2 * quarter)
                : image.getSubimage(quarter, 0, 2 * quarter, 4 * quarter);
        ImageIO.write(part, "png", file.toFile());
    }

    private static RgbImage squashed(Path file) throws IOException {
        return new ImageTransform.Resize(SIZE, SIZE, Interpolation.BILINEAR)
                .apply(decoded(file), new SplittableRandom(0));
    }

    private static RgbImage decoded(Path file) throws IOException {
        return new ImageDecoder(ImageLimits.defaults()).read(file);
    }

    /** As the article on AsymmNet trains: whole images, rotated a little. */
    private static Path train(Path data, String name, int epochs) {
        List<Object> words = new ArrayList<>(List.of("train", "--data", data, "--model", "resnet20_cifar"));
        words.addAll(List.of("--resize", "exact", "--img-size", SIZE, "--crop-pct", 1, "--crop", "none"));
        words.addAll(List.of("--hflip", 0, "--rotate", 10, "--sched", "constant", "--warmup-epochs", 0, "--lr", 0.001));
        words.addAll(List.of("--batch-size", 5, "--epochs", epochs, "--threads", 1));
        words.addAll(List.of("--output", folder.resolve("runs"), "--name", name));
        zero(words.toArray());
        return folder.resolve("runs").resolve(name);
    }

    private static Path export(Path file, Object... more) {
        zero(Stream.concat(Stream.of("export", run, "--output", file), Stream.of(more))
                .toArray());
        return file;
    }

    private static String zero(Object... words) {
        Run call = Run.kinglet(words);
        assertThat(call.status()).as(call.err()).isZero();
        return call.out();
    }

    private static Tensors last(Path run) throws IOException {
        return TrainedModel.read(run.resolve("weights/last.safetensors")).tensors();
    }

    @Test
    void training_sees_the_whole_image_and_goes_on_with_it_when_resumed() throws IOException {
        Path interrupted = train(oblong, "interrupted", 1);
        zero("train", "--resume", interrupted, "--epochs", 2);
        Path straight = train(squares, "straight", 2);

        assertThat(last(interrupted)).isEqualTo(last(straight)).isNotEqualTo(last(run));
        assertThat(interrupted.resolve("args.yaml")).content().contains("resize: exact\n");
    }

    @Test
    void the_card_says_it_and_every_command_follows_it() throws IOException {
        assertThat(TrainedModel.read(run).card().preprocessing().resize()).isEqualTo(ResizeMode.EXACT);
        assertThat(OnnxFile.read(onnx).card().preprocessing().resize()).isEqualTo(ResizeMode.EXACT);
        assertThat(zero("summary", onnx)).contains("resize exact");
        Path uint8 = export(folder.resolve("uint8.onnx"), "--uint8-input");
        for (Path image : List.of(image(oblong, 0), image(oblong, 1))) {
            Path square = squares.resolve(oblong.relativize(image));
            List<Double> expected = scores(run, square);
            for (Path model : List.of(run, run.resolve("weights/best.safetensors"), onnx, uint8)) {
                assertClose(scores(model, image), expected);
            }
        }
    }

    private static Path image(Path data, int number) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("val"))) {
            return files.filter(Files::isRegularFile).sorted().toList().get(number);
        }
    }

    /** By class. */
    private static List<Double> scores(Path model, Path image) throws IOException {
        JsonNode answer = MAPPER.readTree(zero("predict", model, image, "--json", "--topk", 10))
                .get(0);
        Double[] scores = new Double[10];
        for (int i = 0; i < scores.length; i++) {
            scores[answer.get("class_ids").get(i).intValue()] =
                    answer.get("scores").get(i).doubleValue();
        }
        return List.of(scores);
    }

    private static void assertClose(List<Double> found, List<Double> expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(found.get(i)).isCloseTo(expected.get(i), within(1e-5));
        }
    }

    @Test
    void an_embedded_classifier_gives_the_scores_of_predict() throws IOException {
        Path image = image(oblong, 0);
        List<Double> expected = scores(run, image);
        try (Classifier classifier = Classifier.open(onnx)) {
            assertThat(classifier.classify(image))
                    .isNotEmpty()
                    .allSatisfy(
                            answer -> assertThat(answer.score()).isCloseTo(expected.get(answer.index()), within(1e-5)));
            assertThat(classifier.logits(decoded(image)))
                    .isEqualTo(classifier.logits(squashed(image)))
                    .isNotEqualTo(classifier.logits(centerOf(decoded(image))));
        }
    }

    private static RgbImage centerOf(RgbImage image) throws IOException {
        int side = Math.min(image.width(), image.height());
        return new ImageTransform.CenterCrop(side).apply(image, new SplittableRandom(0));
    }

    @Test
    void eval_takes_the_other_resize_for_once_of_a_run_and_of_an_exported_file() throws IOException {
        for (Path model : List.of(run, onnx)) {
            JsonNode exact = eval(model, oblong);
            JsonNode shorter = eval(model, oblong, "--resize", "shorter");

            assertThat(exact.get("resize").textValue()).isEqualTo("exact");
            assertThat(shorter.get("resize").textValue()).isEqualTo("shorter");
            assertThat(exact.get("loss")).isEqualTo(eval(model, squares).get("loss"));
            assertThat(shorter.get("loss").doubleValue())
                    .isNotCloseTo(exact.get("loss").doubleValue(), within(1e-4));
        }
        Run wrong = Run.kinglet("eval", run, "--resize", "squash");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err())
                .contains("--resize", "shorter, exact", "'squash'")
                .hasLineCount(1);
    }

    private static JsonNode eval(Path model, Path data, Object... more) throws IOException {
        return MAPPER.readTree(zero(Stream.concat(Stream.of("eval", model, "--data", data, "--json"), Stream.of(more))
                .toArray()));
    }

    @Test
    void an_int8_file_is_calibrated_on_whole_images() throws IOException {
        assertThat(int8("oblong.onnx", oblong)).hasSameBinaryContentAs(int8("squares.onnx", squares));
    }

    private static Path int8(String name, Path images) {
        return export(
                folder.resolve(name),
                "--int8",
                "--calibrate",
                images.resolve("val"),
                "--calibrate-method",
                "minmax",
                "--int8-keep",
                "none");
    }

    @Test
    void the_tensor_that_data_transform_saves_is_that_of_the_whole_image() throws IOException {
        Path image = image(oblong, 1);
        Path exact = folder.resolve("exact.npy");
        Path shorter = folder.resolve("shorter.npy");
        List<Object> words = List.of("data", "transform", image, "--uint8", "--img-size", SIZE, "--crop-pct", 1);
        zero(Stream.concat(words.stream(), Stream.of("--resize", "exact", "--output", exact))
                .toArray());
        zero(Stream.concat(words.stream(), Stream.of("--output", shorter)).toArray());

        assertThat(pixels(exact)).isEqualTo(squashed(image).planes()).isNotEqualTo(pixels(shorter));
    }

    private static byte[] pixels(Path file) throws IOException {
        long[] values = ((NdArray.Longs) Npy.read(file)).values();
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) values[i];
        }
        return pixels;
    }
}
