package dev.kinglet.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Model;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a task does, without a cluster around it. */
@Tag("native")
class ClassifyFunctionTest {
    private static final int IMAGES = 40; // more than two batches

    @TempDir
    private static Path folder;

    private static byte[] model = new byte[0];
    private static ModelSource source;
    private static byte[] embedding = new byte[0]; // model

    @BeforeAll
    static void export() throws IOException {
        Path file = folder.resolve("sample.onnx");
        Model sample = SampleModels.all().findFirst().orElseThrow();
        OnnxFile.of(sample).write(file);
        model = Files.readAllBytes(file);
        embedding = OnnxFile.of(sample, InputType.FLOAT32, true).bytes();
        source = ModelSource.inline("sample.onnx", model);
    }

    private static byte[] png(int seed) throws IOException {
        BufferedImage image = new BufferedImage(24, 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.getHSBColor(seed * 0.07f, 0.8f, 0.7f));
        pen.fillOval(seed % 9, 2, 12, 14);
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    /** Rows {@code (path, content)} or {@code (path)}; the path is kept. */
    private static List<Row> classified(boolean hasContent, List<Row> rows) throws IOException {
        ClassifyFunction function = new ClassifyFunction(
                source,
                ClassifyOptions.defaults().withTopK(2),
                new ImageColumns(0, hasContent ? 1 : -1, -1),
                new int[] {0},
                new HashMap<>());
        List<Row> answers = new ArrayList<>();
        function.call(rows.iterator()).forEachRemaining(answers::add);
        return answers;
    }

    private static void assertAnswer(Row answer, Classifier classifier, byte[] image) throws IOException {
        List<LabeledScore> expected = classifier.classify(image);
        assertThat(answer.getString(1)).isEqualTo(expected.get(0).label());
        assertThat(Arrays.asList((Object[]) answer.get(2)))
                .isEqualTo(expected.stream().map(LabeledScore::index).toList());
        assertThat(Arrays.asList((Object[]) answer.get(3)))
                .isEqualTo(expected.stream().map(LabeledScore::score).toList());
        assertThat(answer.getBoolean(4)).isFalse();
        assertThat(answer.get(5)).isNull();
        assertThat(answer.getString(6)).isEqualTo(source.digest()).hasSize(64);
    }

    @Test
    void contents_get_the_answers_of_a_classifier_in_their_order() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            rows.add(RowFactory.create("image " + i, png(i)));
        }
        List<Row> answers = classified(true, rows);
        assertThat(answers).hasSize(IMAGES);
        try (Classifier classifier = Classifier.of(
                OnnxFile.read(model), "sample", ClassifierOptions.defaults().withTopK(2))) {
            for (int i = 0; i < IMAGES; i++) {
                assertThat(answers.get(i).getString(0)).isEqualTo("image " + i);
                assertAnswer(answers.get(i), classifier, png(i));
            }
        }
    }

    @Test
    void what_is_no_image_is_a_row_with_an_error() throws IOException {
        List<Row> answers = classified(
                true,
                List.of(
                        RowFactory.create("a.png", new byte[] {1, 2, 3}),
                        RowFactory.create("b.png", null),
                        RowFactory.create(null, new byte[0]),
                        RowFactory.create("d.png", png(4))));
        assertThat(answers.get(0).getString(5)).startsWith("a.png: ");
        assertThat(answers.get(1).getString(5)).isEqualTo("b.png: there is no content");
        assertThat(answers.get(2).getString(5)).isNotEmpty();
        assertThat(answers.get(2).get(1)).isNull();
        assertThat(answers.get(3).get(5)).isNull();
        assertThat(answers.get(3).getString(1)).isNotEmpty();
    }

    @Test
    void embeddings_are_a_column_more_and_null_where_there_is_no_image() throws IOException {
        ModelSource withEmbeddings = ModelSource.inline("embedding.onnx", embedding);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            rows.add(RowFactory.create("image " + i, i % 7 == 3 ? new byte[] {1, 2, 3} : png(i)));
        }
        ClassifyFunction function = new ClassifyFunction(
                withEmbeddings,
                ClassifyOptions.defaults().withEmbeddings(),
                new ImageColumns(0, 1, -1),
                new int[] {0},
                new HashMap<>());
        List<Row> answers = new ArrayList<>();
        function.call(rows.iterator()).forEachRemaining(answers::add);
        try (Classifier classifier =
                Classifier.of(OnnxFile.read(embedding), "embedding", ClassifierOptions.defaults())) {
            for (int i = 0; i < IMAGES; i++) {
                Row answer = answers.get(i);
                assertThat(answer.length()).isEqualTo(8);
                if (i % 7 == 3) {
                    assertThat(answer.getString(5)).startsWith("image " + i + ": ");
                    assertThat(answer.get(7)).isNull();
                } else {
                    assertThat(answer.getString(1))
                            .isEqualTo(classifier.classify(png(i)).get(0).label());
                    assertThat((float[]) answer.get(7)).isEqualTo(classifier.embed(png(i)));
                }
            }
        }
    }

    @Test
    void a_model_without_embeddings_says_how_to_export_them() {
        assertThatThrownBy(source::requireEmbeddings)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "sample.onnx gives no embeddings: it was exported without them; export the network again, by"
                                + " kinglet export --embeddings");
    }

    @Test
    void paths_are_read_and_those_of_nothing_are_errors() throws IOException {
        Path file = Files.write(folder.resolve("an image %20.png"), png(3));
        List<Row> answers = classified(
                false,
                List.of(
                        RowFactory.create(file.toString()),
                        RowFactory.create("file:" + file),
                        RowFactory.create(folder.resolve("missing.png").toString()),
                        RowFactory.create(folder.toString()),
                        RowFactory.create(""),
                        RowFactory.create((Object) null)));
        assertThat(answers.get(0).get(5)).isNull();
        assertThat(answers.get(1).get(1)).isEqualTo(answers.get(0).get(1));
        assertThat(answers.get(2).getString(5))
                .isEqualTo("could not read " + folder.resolve("missing.png") + ": there is no such file or folder");
        assertThat(answers.get(3).getString(5)).startsWith("could not read " + folder);
        assertThat(answers.get(4).getString(5)).contains("is no path");
        assertThat(answers.get(5).getString(5)).isEqualTo("there is no path");
    }

    @Test
    void storage_that_is_out_of_reach_fails_the_task() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(RowFactory.create("nowhere://bucket/" + i + ".png"));
        }
        assertThatThrownBy(() -> classified(false, rows))
                .hasMessageContaining("could not read nowhere://bucket/19.png")
                .hasMessageContaining("nor the 19 files before it");
    }
}
