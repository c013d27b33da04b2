package dev.kinglet.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.onnxruntime.OrtEnvironment;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Model;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("native")
class KingletCriteriaTest {
    private static final int CLASSES = 5;

    @TempDir
    private Path folder;

    private List<Path> images = List.of();

    /** Before any classifier: it sets up ONNX Runtime itself. */
    @BeforeAll
    static void startEngine() {
        Engine.getEngine("OnnxRuntime");
    }

    @BeforeEach
    void draw() throws IOException {
        List<Path> drawn = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Path file = folder.resolve("image" + i + (i % 2 == 0 ? ".jpg" : ".png"));
            drawn.add(Files.write(file, encoded(30 + 11 * i, 40, i)));
        }
        images = drawn;
    }

    private static byte[] encoded(int width, int height, int seed) throws IOException {
        int type = seed == 3 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
        BufferedImage image = new BufferedImage(width, height, type);
        Graphics2D pen = image.createGraphics();
        pen.setColor(new Color(40 + 20 * seed, 90, 200 - 15 * seed));
        pen.fillRect(0, 0, width, height);
        pen.setColor(new Color(250, 220 - 30 * seed, 10));
        pen.fillOval(width / 4 + seed, height / 4, width / 3, height / 2);
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, seed % 2 == 0 ? "jpg" : "png", bytes);
        return bytes.toByteArray();
    }

    private Path exported(InputType input, Orientation orientation) throws IOException {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 3);
        Preprocessing preprocessing = new Preprocessing(
                SampleModels.PIXELS,
                0.8,
                Preprocessing.ResizeMode.SHORTER,
                Interpolation.BICUBIC,
                List.of(0.5, 0.4, 0.3),
                List.of(0.2, 0.25, 0.3),
                orientation);
        Card card = new Card("sample", model.card().labels(), preprocessing, OptionalInt.of(2), Map.of());
        Path file = folder.resolve("sample.onnx");
        OnnxFile.of(model.withCard(card), input).write(file);
        return file;
    }

    private static Map<String, Double> scores(List<LabeledScore> answer) {
        return answer.stream().collect(Collectors.toMap(LabeledScore::label, LabeledScore::score));
    }

    private static void assertEqual(Classifications found, List<LabeledScore> expected) {
        Map<String, Double> scores = scores(expected);
        assertThat(found.getClassNames())
                .containsExactlyElementsOf(
                        expected.stream().map(LabeledScore::label).toList());
        List<Classifications.Classification> items = found.items();
        assertThat(items)
                .hasSize(CLASSES - 1) // the background is left out
                .allSatisfy(item ->
                        assertThat(item.getProbability()).isCloseTo(scores.get(item.getClassName()), within(1e-6)));
        assertThat(found.best().getClassName()).isEqualTo(expected.get(0).label());
    }

    /** The build runs these tests twice. */
    @Test
    void the_runtime_is_the_one_that_is_meant() {
        assertThat(OrtEnvironment.getEnvironment().getVersion()).isEqualTo(System.getProperty("kinglet.onnxruntime"));
    }

    @ParameterizedTest
    @EnumSource(InputType.class)
    void a_files_scores_are_the_classifiers_alone_and_in_a_batch(InputType input) throws Exception {
        Path file = exported(input, Orientation.IGNORED);
        try (Classifier classifier =
                        Classifier.open(file, ClassifierOptions.defaults().withTopK(CLASSES));
                ZooModel<Path, Classifications> model =
                        KingletCriteria.of(file, Path.class).loadModel();
                Predictor<Path, Classifications> predictor = model.newPredictor()) {
            List<Classifications> together = predictor.batchPredict(images);
            for (int i = 0; i < images.size(); i++) {
                List<LabeledScore> expected = classifier.classify(images.get(i));
                assertEqual(predictor.predict(images.get(i)), expected);
                assertEqual(together.get(i), expected);
            }
        }
    }

    @Test
    void an_encoded_image_is_decoded_with_its_orientation() throws Exception {
        byte[] jpeg = encoded(50, 40, 2);
        // APP1 with an Exif header and a TIFF of one entry: orientation, a short, one of it, 6 (by a quarter turn)
        byte[] exif = HexFormat.of()
                .parseHex("ffe1 0022 457869660000 4d4d002a 00000008 0001 0112 0003 00000001 00060000 00000000"
                        .replace(" ", ""));
        ByteArrayOutputStream photo = new ByteArrayOutputStream();
        photo.write(jpeg, 0, 2);
        photo.write(exif);
        photo.write(jpeg, 2, jpeg.length - 2);
        Path file = exported(InputType.FLOAT32, Orientation.FOLLOWED);
        try (Classifier classifier =
                        Classifier.open(file, ClassifierOptions.defaults().withTopK(CLASSES));
                ZooModel<byte[], Classifications> model =
                        KingletCriteria.of(file, byte[].class).loadModel();
                Predictor<byte[], Classifications> predictor = model.newPredictor()) {
            assertEqual(predictor.predict(photo.toByteArray()), classifier.classify(photo.toByteArray()));
            assertThat(predictor.predict(photo.toByteArray()).getProbabilities())
                    .isNotEqualTo(predictor.predict(jpeg).getProbabilities());
        }
    }

    @Test
    void an_image_of_djl_goes_by_its_pixels() throws Exception {
        Path file = exported(InputType.FLOAT32, Orientation.IGNORED);
        try (Classifier classifier =
                        Classifier.open(file, ClassifierOptions.defaults().withTopK(CLASSES));
                ZooModel<Image, Classifications> model =
                        KingletCriteria.of(file, Image.class).loadModel();
                Predictor<Image, Classifications> predictor = model.newPredictor()) {
            for (Path path : images) {
                Image image = ImageFactory.getInstance().fromFile(path);
                assertEqual(predictor.predict(image), classifier.classify((BufferedImage) image.getWrappedImage()));
            }
            // of a PNG, in color or gray, every decoder has the same pixels
            assertEqual(
                    predictor.predict(ImageFactory.getInstance().fromFile(images.get(3))),
                    classifier.classify(images.get(3)));
        }
    }

    @Test
    void predictors_of_one_model_run_in_several_threads() throws Exception {
        Path file = exported(InputType.FLOAT32, Orientation.IGNORED);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Classifier classifier =
                        Classifier.open(file, ClassifierOptions.defaults().withTopK(CLASSES));
                ZooModel<Path, Classifications> model =
                        KingletCriteria.of(file, Path.class).loadModel()) {
            List<LabeledScore> expected = classifier.classify(images.get(1));
            List<Callable<Classifications>> calls = IntStream.range(0, 100)
                    .<Callable<Classifications>>mapToObj(i -> () -> {
                        try (Predictor<Path, Classifications> predictor = model.newPredictor()) {
                            return predictor.predict(images.get(1));
                        }
                    })
                    .toList();
            for (var call : threads.invokeAll(calls)) {
                assertEqual(call.get(), expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void a_damaged_image_is_the_cause_of_djls_exception_and_harms_no_other() throws Exception {
        Path file = exported(InputType.FLOAT32, Orientation.IGNORED);
        Path text = Files.writeString(folder.resolve("text.jpg"), "no image");
        ImageLimits limits = ImageLimits.defaults().withMaxPixels(2000);
        try (ZooModel<Path, Classifications> model =
                        KingletCriteria.of(file, Path.class, limits).loadModel();
                Predictor<Path, Classifications> predictor = model.newPredictor()) {
            assertThatThrownBy(() -> predictor.predict(text))
                    .isInstanceOf(TranslateException.class)
                    .hasCauseInstanceOf(ImageException.class);
            assertThatThrownBy(() -> predictor.predict(images.get(4)))
                    .hasMessageEndingWith(images.get(4)
                            + ": 74x40 pixels are too many: at most 2000 in all and 65535 a side are allowed");
            assertThat(predictor.predict(images.get(0)).items()).hasSize(CLASSES - 1);
        }
    }

    @Test
    void what_cannot_be_used_is_refused_before_djl_sees_it() throws IOException {
        Path file = exported(InputType.FLOAT32, Orientation.IGNORED);
        assertThatThrownBy(() -> KingletCriteria.of(file, String.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.String");
        Path text = Files.writeString(folder.resolve("text.onnx"), "no network");
        assertThatThrownBy(() -> KingletCriteria.of(text, Path.class))
                .isInstanceOf(OnnxException.class)
                .hasMessageContaining("text.onnx");
    }

    /** A program that opens a classifier before DJL has started. Arguments: {@code MODEL.onnx}. */
    static final class ClassifierFirst {
        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            try (Classifier classifier = Classifier.open(file)) {
                KingletCriteria.of(file, Path.class);
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void after_a_classifier_djls_engine_does_not_start_and_the_message_says_what_to_do() throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ClassifierFirst.class.getName(),
                        exported(InputType.FLOAT32, Orientation.IGNORED).toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).isZero();
        assertThat(printed.strip()).endsWith("call KingletCriteria.of before the first Classifier.open");
    }
}
