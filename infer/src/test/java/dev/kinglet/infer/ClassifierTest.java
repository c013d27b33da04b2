package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.ReferenceExecutor;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ClassifierTest {
    private static final int PIXELS = SampleModels.PIXELS;
    private static final int CLASSES = 5;
    private static final int BACKGROUND = 2;
    private static final Model MODEL = model();

    @TempDir
    Path folder;

    private static Model model() {
        Network network = SampleModels.everyOp();
        Card plain = SampleModels.card(network);
        Card card = new Card(
                plain.model(),
                plain.labels(),
                // no resizing: the crop of an image of this height is the image's middle
                new Preprocessing(PIXELS, 1, Interpolation.BILINEAR, List.of(0.5, 0.4, 0.3), List.of(0.2, 0.25, 0.3)),
                OptionalInt.of(BACKGROUND),
                Map.of());
        return SampleModels.withRandomState(network, 3).withCard(card);
    }

    private Path exported() throws IOException {
        Path file = folder.resolve("model.onnx");
        Exporter.defaults().export(MODEL, file);
        return file;
    }

    private Classifier classifier() throws IOException {
        return Classifier.open(exported(), ClassifierOptions.defaults().withSessions(2));
    }

    /** An image of shapes, {@code height} pixels high. */
    private static BufferedImage drawing(int width, int height, int seed) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(new Color(40 + 20 * seed, 90, 200 - 15 * seed));
        pen.fillRect(0, 0, width, height);
        pen.setColor(new Color(250, 220 - 30 * seed, 10));
        pen.fillOval(width / 4 + seed, height / 4, width / 3, height / 2);
        pen.dispose();
        return image;
    }

    private static byte[] png(BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static RgbImage rgb(BufferedImage image) {
        byte[] bytes = new byte[image.getWidth() * image.getHeight() * 3];
        for (int i = 0; i < bytes.length / 3; i++) {
            int pixel = image.getRGB(i % image.getWidth(), i / image.getWidth());
            bytes[3 * i] = (byte) (pixel >> 16);
            bytes[3 * i + 1] = (byte) (pixel >> 8);
            bytes[3 * i + 2] = (byte) pixel;
        }
        return new RgbImage(image.getWidth(), image.getHeight(), bytes);
    }

    /** The middle square of a drawing of the network's height, normalized in double precision, {@code [3, 16, 16]}. */
    private static float[] prepared(BufferedImage image) {
        Preprocessing preprocessing = MODEL.card().preprocessing();
        float[] result = new float[3 * PIXELS * PIXELS];
        int left = (image.getWidth() - PIXELS) / 2;
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < PIXELS * PIXELS; i++) {
                int value = image.getRGB(left + i % PIXELS, i / PIXELS) >> (16 - 8 * channel) & 0xff;
                result[channel * PIXELS * PIXELS + i] =
                        (float) ((value / 255.0 - preprocessing.mean().get(channel))
                                / preprocessing.std().get(channel));
            }
        }
        return result;
    }

    @Test
    void an_image_is_classified_from_bytes_a_file_a_stream_and_a_buffered_image_alike(@TempDir Path images)
            throws IOException {
        BufferedImage drawn = drawing(23, 16, 1);
        BufferedImage gray = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        gray.getRaster().setSample(3, 4, 0, 120);
        try (Classifier classifier = classifier()) {
            for (BufferedImage image : List.of(drawn, gray)) {
                byte[] png = png(image);
                List<LabeledScore> expected = classifier.classify(png);
                assertThat(classifier.classify(Files.write(images.resolve("image.png"), png)))
                        .isEqualTo(expected);
                assertThat(classifier.classify(new ByteArrayInputStream(png))).isEqualTo(expected);
                assertThat(classifier.classify(image)).isEqualTo(expected);
            }
        }
    }

    private Path exportedWithEmbeddings() throws IOException {
        Path file = folder.resolve("embeddings.onnx");
        Exporter.defaults().withEmbeddings().export(MODEL, file);
        return file;
    }

    @Test
    void all_ways_in_give_the_embedding_of_the_reference() throws IOException {
        BufferedImage first = drawing(26, PIXELS, 0);
        BufferedImage second = drawing(16, PIXELS, 1);
        double[] expected = new ReferenceExecutor(MODEL)
                .activations(prepared(first), List.of(MODEL.network().features()))
                .get(0);
        try (Classifier classifier = Classifier.open(exportedWithEmbeddings())) {
            assertThat(classifier.features()).hasValue(expected.length);
            float[] embedding = classifier.embed(png(first));
            assertClose(embedding, expected);
            assertThat(classifier.embed(Files.write(folder.resolve("first.png"), png(first))))
                    .isEqualTo(embedding);
            assertThat(classifier.embed(first)).isEqualTo(embedding);
            float[] both = classifier.embed(rgb(first), rgb(second));
            assertClose(Arrays.copyOf(both, expected.length), expected);
            float[] alone = classifier.embed(second);
            double[] last = new double[alone.length];
            Arrays.setAll(last, i -> alone[i]);
            assertClose(Arrays.copyOfRange(both, alone.length, both.length), last);
            Batch batch = new Batch(ByteBuffer.allocateDirect(2 * 3 * PIXELS * PIXELS), PIXELS, new int[2], new int[2]);
            assertThat(classifier.embed(batch)).hasSize(2 * expected.length);
        }
    }

    @Test
    void both_outputs_of_one_run_are_those_of_a_run_each() throws IOException {
        RgbImage[] images = new RgbImage[SessionPool.MAX_BATCH + 3];
        for (int i = 0; i < images.length; i++) {
            images[i] = rgb(drawing(16 + i, PIXELS, i % 2));
        }
        ByteBuffer pixels = ByteBuffer.allocateDirect(2 * 3 * PIXELS * PIXELS);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) (13 * i));
        }
        Batch batch = new Batch(pixels, PIXELS, new int[2], new int[2]);
        ByteBuffer floats = ByteBuffer.allocate(2 * 3 * PIXELS * PIXELS * Float.BYTES);
        for (int i = 0; i < 2 * 3 * PIXELS * PIXELS; i++) {
            floats.putFloat(i * Float.BYTES, (float) Math.sin(i));
        }
        try (Classifier classifier = Classifier.open(exportedWithEmbeddings())) {
            Classifier.Outputs ofImages = classifier.outputs(images);
            assertThat(ofImages.logits()).isEqualTo(classifier.logits(images));
            assertThat(ofImages.embeddings()).isEqualTo(classifier.embed(images));
            Classifier.Outputs ofBatch = classifier.outputs(batch);
            assertThat(ofBatch.logits()).isEqualTo(classifier.logits(batch));
            assertThat(ofBatch.embeddings()).isEqualTo(classifier.embed(batch));
            Classifier.Outputs ofFloats = classifier.outputs(floats, 2);
            assertThat(ofFloats.logits()).isEqualTo(classifier.logits(floats, 2));
            int features = classifier.features().orElseThrow();
            assertThat(Arrays.copyOf(ofFloats.embeddings(), features))
                    .isNotEqualTo(Arrays.copyOfRange(ofFloats.embeddings(), features, 2 * features));
        }
    }

    @Test
    void answers_are_the_same_with_embeddings_in_the_file_and_without() throws IOException {
        BufferedImage image = drawing(26, PIXELS, 0);
        try (Classifier plain = classifier();
                Classifier embedding = Classifier.open(exportedWithEmbeddings())) {
            assertThat(embedding.logits(rgb(image))).isEqualTo(plain.logits(rgb(image)));
            assertThat(embedding.classify(image)).isEqualTo(plain.classify(image));
        }
    }

    @Test
    void a_file_without_embeddings_says_how_to_export_them() throws IOException {
        try (Classifier classifier = classifier()) {
            assertThat(classifier.features()).isEmpty();
            assertThatThrownBy(() -> classifier.embed(drawing(26, PIXELS, 0)))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage(folder.resolve("model.onnx") + " gives no embeddings: it was exported without them;"
                            + " export the network again, by kinglet export --embeddings");
            assertThatThrownBy(() -> classifier.outputs(rgb(drawing(26, PIXELS, 0))))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("gives no embeddings");
        }
    }

    @Test
    void a_stream_beyond_the_limit_is_refused_before_it_is_read_to_its_end() throws IOException {
        ClassifierOptions options = ClassifierOptions.defaults()
                .withImageLimits(ImageLimits.defaults().withMaxBytes(100));
        try (Classifier classifier = Classifier.open(exported(), options)) {
            ByteArrayInputStream stream = new ByteArrayInputStream(new byte[1000]);
            assertThatThrownBy(() -> classifier.classify(stream))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("100");
            assertThat(stream.available()).isEqualTo(899);
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what an application without such a check may do
    void an_argument_that_is_null_is_named() throws IOException {
        try (Classifier classifier = classifier()) {
            assertThatThrownBy(() -> classifier.classify((byte[]) null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("image");
            assertThatThrownBy(() -> classifier.classify((Path) null)).hasMessage("image");
            assertThatThrownBy(() -> classifier.classify((InputStream) null)).hasMessage("image");
        }
    }

    private static double[] reference(BufferedImage image) {
        return new ReferenceExecutor(MODEL).run(prepared(image));
    }

    private static void assertClose(float[] logits, double... expected) {
        assertThat(logits).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) logits[i]).isCloseTo(expected[i], within(2e-5)); // float32, logits of around 1
        }
    }

    @Test
    void a_drawn_image_gets_the_scores_of_a_pipeline_by_hand() throws IOException {
        BufferedImage image = drawing(26, PIXELS, 0);
        double[] logits = reference(image);
        int[] order = IntStream.range(0, CLASSES)
                .filter(i -> i != BACKGROUND)
                .boxed()
                .sorted((a, b) -> Double.compare(logits[b], logits[a]))
                .mapToInt(i -> i)
                .toArray();
        double sum = Arrays.stream(order).mapToDouble(i -> Math.exp(logits[i])).sum();
        Path file = Files.write(folder.resolve("drawing.png"), png(image));
        try (Classifier classifier = classifier()) {
            List<LabeledScore> answer = classifier.classify(png(image));
            assertThat(answer)
                    .extracting(LabeledScore::index)
                    .containsExactly(Arrays.stream(order).boxed().toArray(Integer[]::new));
            for (LabeledScore scored : answer) {
                assertThat(scored.label()).isEqualTo("class " + scored.index());
                assertThat(scored.score()).isCloseTo(Math.exp(logits[scored.index()]) / sum, within(1e-5));
            }
            assertThat(classifier.classify(file)).isEqualTo(answer);
            assertThat(classifier.classify(rgb(image))).isEqualTo(answer);
        }
    }

    @Test
    void all_ways_in_give_the_logits_of_the_reference() throws IOException {
        BufferedImage[] drawings = {drawing(26, PIXELS, 0), drawing(16, PIXELS, 1), drawing(40, PIXELS, 2)};
        double[] expected = Arrays.stream(drawings)
                .flatMapToDouble(p -> Arrays.stream(reference(p)))
                .toArray();
        RgbImage[] images = Arrays.stream(drawings).map(ClassifierTest::rgb).toArray(RgbImage[]::new);
        float[] floats = new float[3 * images.length * PIXELS * PIXELS];
        ByteBuffer bytes = ByteBuffer.allocateDirect(floats.length + 100); // a loader's buffer has room to spare
        Pipeline pipeline = Pipeline.evaluation(MODEL.card().preprocessing());
        for (int i = 0; i < drawings.length; i++) {
            System.arraycopy(prepared(drawings[i]), 0, floats, i * floats.length / 3, floats.length / 3);
            bytes.put(pipeline.apply(images[i], new SplittableRandom(0)).rgb());
        }
        Batch batch = new Batch(bytes, PIXELS, new int[3], new int[3]);
        try (Classifier classifier = classifier()) {
            assertClose(classifier.logits(images), expected);
            assertClose(classifier.logits(floats, 3), expected);
            assertClose(classifier.logits(batch), expected);
            assertClose(classifier.logits(images[1]), Arrays.copyOfRange(expected, CLASSES, 2 * CLASSES));
            assertThat(classifier.logits(batch)).isEqualTo(classifier.logits(images));
            List<List<LabeledScore>> answers = classifier.classify(List.of(images));
            assertThat(answers).hasSize(3);
            assertThat(answers.get(2).get(0).label())
                    .isEqualTo(classifier.classify(images[2]).get(0).label());
        }
    }

    @Test
    void a_file_with_uint8_input_gives_the_logits_of_the_reference() throws IOException {
        BufferedImage[] drawings = {drawing(26, PIXELS, 0), drawing(16, PIXELS, 1), drawing(40, PIXELS, 2)};
        double[] expected = Arrays.stream(drawings)
                .flatMapToDouble(p -> Arrays.stream(reference(p)))
                .toArray();
        RgbImage[] images = Arrays.stream(drawings).map(ClassifierTest::rgb).toArray(RgbImage[]::new);
        ByteBuffer bytes = ByteBuffer.allocateDirect(3 * images.length * PIXELS * PIXELS);
        Pipeline pipeline = Pipeline.evaluation(MODEL.card().preprocessing());
        for (RgbImage image : images) {
            bytes.put(pipeline.apply(image, new SplittableRandom(0)).rgb());
        }
        Path file = folder.resolve("bytes.onnx");
        new Exporter(Rewrites.all(), InputType.UINT8).export(MODEL, file);
        try (Classifier classifier = Classifier.open(file)) {
            assertClose(classifier.logits(images), expected);
            assertClose(classifier.logits(new Batch(bytes, PIXELS, new int[3], new int[3])), expected);
            assertThatThrownBy(() -> classifier.logits(new float[3 * PIXELS * PIXELS], 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(file + " takes uint8 images and normalizes them itself");
        }
    }

    @Test
    void no_images_have_no_answers() throws IOException {
        try (Classifier classifier = classifier()) {
            assertThat(classifier.classify(List.of())).isEmpty();
            assertThat(classifier.logits(new float[0], 0)).isEmpty();
        }
    }

    @Test
    void eight_threads_get_the_answers_of_one() throws Exception {
        List<RgbImage> images = IntStream.range(0, 6)
                .mapToObj(i -> rgb(drawing(20 + i, 17 + i, i)))
                .toList();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Classifier classifier =
                Classifier.open(exported(), ClassifierOptions.defaults().withSessions(3))) {
            List<List<LabeledScore>> alone = new ArrayList<>();
            for (RgbImage image : images) {
                alone.add(classifier.classify(image));
            }
            Callable<List<List<LabeledScore>>> work = () -> {
                List<List<LabeledScore>> answers = new ArrayList<>();
                for (int i = 0; i < 120; i++) {
                    answers.add(classifier.classify(images.get(i % images.size())));
                }
                return answers;
            };
            List<Future<List<List<LabeledScore>>>> calls =
                    threads.invokeAll(IntStream.range(0, 8).mapToObj(i -> work).toList());
            for (Future<List<List<LabeledScore>>> call : calls) {
                for (int i = 0; i < 120; i++) {
                    assertThat(call.get().get(i)).isEqualTo(alone.get(i % images.size()));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void a_closed_classifier_says_so_and_closes_again() throws IOException {
        Classifier classifier = classifier();
        classifier.close();
        classifier.close();
        assertThatThrownBy(() -> classifier.classify(rgb(drawing(16, 16, 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the classifier of " + folder.resolve("model.onnx") + " is closed");
    }

    @Test
    void exif_orientation_is_applied_if_the_network_was_trained_with_it() throws IOException {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(drawing(PIXELS, PIXELS, 1), "jpg", jpeg);
        // APP1 with an Exif header and a TIFF of one entry: orientation, a short, one of it, 3 (by half a turn)
        byte[] exif = HexFormat.of()
                .parseHex("ffe1 0022 457869660000 4d4d002a 00000008 0001 0112 0003 00000001 00030000 00000000"
                        .replace(" ", ""));
        ByteArrayOutputStream photo = new ByteArrayOutputStream();
        photo.write(jpeg.toByteArray(), 0, 2);
        photo.write(exif);
        photo.write(jpeg.toByteArray(), 2, jpeg.size() - 2);
        Card card = MODEL.card();
        Preprocessing turning = card.preprocessing().withOrientation(Orientation.FOLLOWED);
        Model model =
                MODEL.withCard(new Card(card.model(), card.labels(), turning, card.background(), card.provenance()));
        Path file = folder.resolve("turning.onnx");
        Exporter.defaults().export(model, file);
        RgbImage stored = new ImageDecoder(ImageLimits.defaults()).decode(jpeg.toByteArray());
        byte[] pixels = new byte[stored.rgb().length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = stored.rgb()[pixels.length - 3 - i / 3 * 3 + i % 3];
        }
        RgbImage upright = new RgbImage(stored.width(), stored.height(), pixels);

        try (Classifier plain = classifier();
                Classifier turns = Classifier.open(file)) {
            assertThat(plain.classify(photo.toByteArray())).isEqualTo(plain.classify(stored));
            assertThat(turns.classify(photo.toByteArray())).isEqualTo(turns.classify(upright));
            assertThat(turns.classify(upright)).isNotEqualTo(turns.classify(stored));
        }
    }

    @Test
    void top_k_and_limits_are_options() throws IOException {
        ClassifierOptions options = ClassifierOptions.defaults()
                .withSessions(1)
                .withTopK(2)
                .withImageLimits(ImageLimits.defaults().withMaxPixels(400));
        try (Classifier classifier = Classifier.open(exported(), options)) {
            assertThat(classifier.classify(png(drawing(20, 20, 0)))).hasSize(2);
            assertThatThrownBy(() -> classifier.classify(png(drawing(21, 20, 0))))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("400");
        }
        assertThatThrownBy(() -> options.withTopK(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void card_labels_and_preprocessing_are_those_of_the_file() throws IOException {
        try (Classifier classifier = classifier()) {
            Card card = OnnxFile.read(folder.resolve("model.onnx")).card();
            assertThat(classifier.card()).isEqualTo(card);
            assertThat(card.provenance())
                    .containsAllEntriesOf(MODEL.card().provenance())
                    .containsKeys(Card.REWRITES, Card.CONV_PLAN);
            assertThat(classifier.labels()).hasSize(CLASSES).first().isEqualTo("class 0");
            assertThat(classifier.preprocessing()).isEqualTo(MODEL.card().preprocessing());
            assertThat(classifier).hasToString(folder.resolve("model.onnx") + ": every_op, 5 classes");
        }
    }

    @Test
    void a_file_that_is_not_an_image_is_refused_by_name() throws IOException {
        byte[] image = png(drawing(64, 64, 0));
        Path truncated = Files.write(folder.resolve("cut.png"), Arrays.copyOf(image, image.length / 2));
        try (Classifier classifier = classifier()) {
            assertThatThrownBy(() -> classifier.classify("no image".getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(ImageException.class);
            assertThatThrownBy(() -> classifier.classify(new byte[0])).isInstanceOf(ImageException.class);
            assertThatThrownBy(() -> classifier.classify(truncated))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("cut.png");
            assertThatThrownBy(() -> classifier.classify(folder.resolve("absent.png")))
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("absent.png");
            assertThat(classifier.classify(image)).hasSize(CLASSES - 1); // none of them harmed it
        }
    }

    @Test
    void arrays_and_batches_of_another_size_are_refused() throws IOException {
        Batch batch = new Batch(ByteBuffer.allocateDirect(3 * 8 * 8), 8, new int[1], new int[1]);
        try (Classifier classifier = classifier()) {
            assertThatThrownBy(() -> classifier.logits(new float[700], 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("takes 768 values per image, not 700 for 1 images");
            assertThatThrownBy(() -> classifier.logits(new float[0], -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> classifier.logits(batch))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("takes images of 16 pixels a side, not 8");
        }
    }

    @Test
    void a_file_that_is_damaged_absent_or_something_else_is_refused_by_name() throws IOException {
        Path file = exported();
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        Path other = Files.writeString(folder.resolve("other.onnx"), "no model");
        for (Path bad : List.of(file, other, folder.resolve("absent.onnx"))) {
            assertThatThrownBy(() -> Classifier.open(bad))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(bad + ": ");
        }
    }
}
