package dev.kinglet.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.Views;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.DrawnImages;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.distributed.ThreadGroups;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
    static final Preprocessing TINY = new Preprocessing(
            DrawnImages.SIDE, 1, Interpolation.BILINEAR, List.of(0.5, 0.5, 0.5), List.of(0.25, 0.25, 0.25));

    /** Gives each image the logits of its row, whatever it shows. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Table(int classes, float[][] rows) implements Scorer {
        @Override
        public float[] logits(Batch batch) {
            float[] logits = new float[batch.size() * classes];
            for (int i = 0; i < batch.size(); i++) {
                System.arraycopy(rows[batch.indices()[i]], 0, logits, i * classes, classes);
            }
            return logits;
        }
    }

    private static Evaluation evaluate(Scorer scorer, Card card, Dataset data) throws Exception {
        return evaluate(scorer, card, data, prediction -> {});
    }

    private static Evaluation evaluate(Scorer scorer, Card card, Dataset data, Consumer<Prediction> listener)
            throws Exception {
        Loader loader = new Loader(data, Pipeline.evaluation(TINY), LoaderSettings.evaluation(2, 2));
        return Evaluation.of(scorer, card, data.labels(), List.of(loader), listener);
    }

    private static Card card(List<String> labels, OptionalInt background) {
        return new Card("table", labels, TINY, background, Map.of());
    }

    @Test
    void numbers_are_those_of_a_calculation_by_hand() throws Exception {
        // classes in turn: blue, green, red, blue
        float[][] rows = {{2, 0, 0}, {1, 0, 3}, {0, 1, 1}, {0, 0, 0}};
        Evaluation evaluation = evaluate(
                new Table(3, rows), card(List.of("blue", "green", "red"), OptionalInt.empty()), new DrawnImages(4, 0));

        double e = Math.E;
        double loss =
                Math.log((e * e + 2) / (e * e)) + Math.log(e + 1 + e * e * e) + Math.log((1 + 2 * e) / e) + Math.log(3);
        assertThat(evaluation.loss()).isCloseTo(loss / 4, within(1e-12));
        assertThat(evaluation.top1()).isEqualTo(50); // of equal logits, the first counts as highest
        assertThat(evaluation.top5()).isEqualTo(100); // all three are among the best five
        assertThat(evaluation.images()).isEqualTo(4);
        assertThat(evaluation.skipped()).isZero();
        assertThat(evaluation.confusion()).isEqualTo(new ConfusionMatrix(List.of("blue", "green", "red"), new int[][] {
            {2, 0, 0}, {0, 0, 1}, {0, 1, 0}
        }));
    }

    /** Losses that are no round numbers: another order of additions would give another last digit. */
    @Test
    void several_processes_have_the_evaluation_of_one_to_the_last_digit() throws Exception {
        Dataset data = new DrawnImages(41, 3, Set.of(2, 17));
        Card card = card(data.labels(), OptionalInt.empty());
        List<Prediction> alone = new ArrayList<>();
        Evaluation one = evaluate(new Corner(3), card, data, alone::add);

        List<List<Prediction>> seen = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<Evaluation> all = ThreadGroups.run(
                3,
                group -> shared(group, data, card, images -> true, seen.get(group.rank())::add)
                        .orElseThrow());

        for (Evaluation each : all) {
            assertThat(each.loss()).isEqualTo(one.loss());
            assertThat(each.top5()).isEqualTo(one.top5());
            assertThat(each.skipped()).isEqualTo(2);
            assertThat(each.confusion()).isEqualTo(one.confusion());
        }
        assertThat(seen).allSatisfy(predictions -> assertThat(predictions).isEqualTo(alone));
    }

    @Test
    void one_process_that_is_asked_to_stop_ends_the_evaluation_of_all() throws Exception {
        Dataset data = new DrawnImages(41, 3, Set.of());
        Card card = card(data.labels(), OptionalInt.empty());

        assertThat(ThreadGroups.run(
                        2,
                        group -> shared(group, data, card, images -> group.isFirst() || images < 6, prediction -> {})
                                .isPresent()))
                .containsExactly(false, false);
    }

    private static Optional<Evaluation> shared(
            ProcessGroup group, Dataset data, Card card, LongPredicate goOn, Consumer<Prediction> listener)
            throws Exception {
        LoaderSettings settings =
                LoaderSettings.evaluation(2, 2).withShard(new LoaderSettings.Shard(group.rank(), group.size()));
        Loader loader = new Loader(data, Pipeline.evaluation(TINY), settings);
        return Evaluation.of(group, new Corner(3), card, data.labels(), List.of(loader), data.size(), goOn, listener);
    }

    /** The red of the upper left pixel as the first class's logit, squared, so that a mean shows. */
    private record Corner(int classes) implements Scorer {
        @Override
        public float[] logits(Batch batch) {
            float[] logits = new float[batch.size() * classes];
            for (int i = 0; i < batch.size(); i++) {
                float red = (batch.pixels().get(i * 3 * DrawnImages.SIDE * DrawnImages.SIDE) & 0xff) / 100f;
                logits[i * classes] = red * red;
            }
            return logits;
        }
    }

    @Test
    void of_several_views_the_logits_mean_counts() throws Exception {
        Dataset data = new DrawnImages(7, 3, Set.of(2));
        List<Loader> views = Views.FLIP.pipelines(TINY).stream()
                .map(pipeline -> new Loader(data, pipeline, LoaderSettings.evaluation(3, 2)))
                .toList();
        Evaluation evaluation =
                Evaluation.of(new Corner(3), card(data.labels(), OptionalInt.empty()), data.labels(), views);

        double loss = 0;
        for (int i : new int[] {0, 1, 3, 4, 5, 6}) {
            byte[] rgb = data.image(i).rgb();
            double left = (rgb[0] & 0xff) / 100.0;
            double right = (rgb[3 * (DrawnImages.SIDE - 1)] & 0xff) / 100.0;
            double logit = (left * left + right * right) / 2;
            loss += Math.log(Math.exp(logit) + 2) - (data.label(i) == 0 ? logit : 0);
        }
        assertThat(evaluation.loss()).isCloseTo(loss / 6, within(1e-6));
        assertThat(evaluation.images()).isEqualTo(6);
        assertThat(evaluation.skipped()).isEqualTo(1);
    }

    @Test
    void top5_counts_the_first_five_of_many() throws Exception {
        List<String> labels = List.of("a", "b", "blue", "c", "d", "green", "red");
        float[] falling = {7, 6, 5, 4, 3, 2, 1};
        Evaluation evaluation = evaluate(
                new Table(7, new float[][] {falling, falling, falling}),
                card(labels, OptionalInt.empty()),
                new DrawnImages(3, 0));

        assertThat(evaluation.top5()).isCloseTo(100 / 3.0, within(1e-12)); // blue is third, green sixth, red seventh
        assertThat(evaluation.top1()).isZero();
        assertThat(evaluation.confusion().images(2)).isEqualTo(1);
        assertThat(evaluation.confusion().images(0)).isZero();
    }

    @Test
    void a_background_the_data_does_not_have_is_dropped_before_the_softmax() throws Exception {
        List<String> labels = List.of("nothing", "blue", "green", "red");
        float[][] rows = {{9, 1, 0, 0}, {9, 0, 1, 0}, {9, 0, 0, 1}};

        Evaluation evaluation = evaluate(new Table(4, rows), card(labels, OptionalInt.of(0)), new DrawnImages(3, 0));

        assertThat(evaluation.top1()).isEqualTo(100);
        assertThat(evaluation.loss()).isCloseTo(Math.log((Math.E + 2) / Math.E), within(1e-12));
        assertThat(evaluation.confusion().labels()).containsExactly("blue", "green", "red");
    }

    @Test
    void a_background_the_data_has_stays() throws Exception {
        float[][] rows = {{9, 1, 0}, {9, 1, 0}, {9, 0, 1}};

        Evaluation evaluation = evaluate(
                new Table(3, rows), card(List.of("blue", "green", "red"), OptionalInt.of(0)), new DrawnImages(3, 0));

        assertThat(evaluation.top1()).isCloseTo(100 / 3.0, within(1e-12));
        assertThat(evaluation.confusion().labels()).hasSize(3);
    }

    @Test
    void classes_in_another_order_are_matched_by_name() throws Exception {
        float[][] rows = {{0, 0, 1}, {0, 1, 0}, {1, 0, 0}};

        Evaluation evaluation = evaluate(
                new Table(3, rows), card(List.of("red", "green", "blue"), OptionalInt.empty()), new DrawnImages(3, 0));

        assertThat(evaluation.top1()).isEqualTo(100);
    }

    @Test
    void classes_the_network_does_not_know_are_counted_and_said() throws Exception {
        float[][] rows = {{0, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0, 1, 0}};
        Card card = card(List.of("ant", "blue", "red"), OptionalInt.empty());
        List<Prediction> predictions = new ArrayList<>();
        Loader loader = new Loader(new DrawnImages(4, 0), Pipeline.evaluation(TINY), LoaderSettings.evaluation(2, 2));

        Evaluation evaluation = Evaluation.of(
                new Table(3, rows), card, List.of("blue", "green", "red"), List.of(loader), predictions::add);

        assertThat(evaluation.unknown()).isEqualTo(1); // green
        assertThat(evaluation.images()).isEqualTo(3);
        assertThat(evaluation.top1()).isCloseTo(200 / 3.0, within(1e-9));
        assertThat(predictions).extracting(Prediction::correct).containsExactly(true, false, false, true);
        assertThat(ClassMap.of(card, List.of("blue", "green", "red")).note())
                .contains("table does not know 1 of the 3 classes of the data: 'green'; images of it are not scored");
    }

    @Test
    void a_name_that_occurs_twice_is_matched_in_order() {
        List<String> cranes = List.of("crane", "tench", "crane");

        assertThat(ClassMap.of(card(cranes, OptionalInt.empty()), cranes).truths())
                .containsExactly(0, 1, 2);
        assertThat(ClassMap.of(card(cranes, OptionalInt.empty()), List.of("tench", "crane"))
                        .truths())
                .containsExactly(1, ClassMap.UNKNOWN);
    }

    @Test
    void classes_of_other_names_are_matched_by_position_if_there_are_as_many() throws Exception {
        float[][] rows = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

        Evaluation evaluation =
                evaluate(new Table(3, rows), card(List.of("x", "y", "z"), OptionalInt.empty()), new DrawnImages(3, 0));

        assertThat(evaluation.top1()).isEqualTo(100);
        assertThatThrownBy(() -> evaluate(
                        new Table(2, new float[3][2]),
                        card(List.of("x", "y"), OptionalInt.empty()),
                        new DrawnImages(3, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the data has 3 classes, but table has 2 and knows none of them by name: the data has 'blue',"
                                + " 'green', 'red', the network 'x', 'y'");
        assertThat(ClassMap.of(card(List.of("x", "y", "z"), OptionalInt.empty()), List.of("a", "b", "c"))
                        .note())
                .contains("No class of the data has a name that table knows, so classes are matched by position: 'a' is"
                        + " its 'x', 'b' is its 'y', 'c' is its 'z'");
    }

    @Test
    void classes_that_are_called_by_numbers_are_those_outputs() {
        ClassMap map = ClassMap.of(card(List.of("x", "y", "z"), OptionalInt.empty()), List.of("0", "2", "1"));

        assertThat(map.truths()).containsExactly(0, 2, 1);
        assertThat(map.note())
                .hasValueSatisfying(note -> assertThat(note)
                        .endsWith("so classes are matched by number: '0' is its 'x', '2' is its 'z', '1' is its 'y'"));
    }

    @Test
    void unreadable_images_count_only_as_skipped() throws Exception {
        float[][] rows = {{1, 0, 0}, {1, 0, 0}, {0, 0, 1}};

        Evaluation evaluation = evaluate(
                new Table(3, rows),
                card(List.of("blue", "green", "red"), OptionalInt.empty()),
                new DrawnImages(3, 0, Set.of(1)));

        assertThat(evaluation.skipped()).isEqualTo(1);
        assertThat(evaluation.images()).isEqualTo(2);
        assertThat(evaluation.top1()).isEqualTo(100);
    }

    @Test
    void logits_that_are_no_numbers_are_not_taken_for_right() throws Exception {
        float nan = Float.NaN;
        float[][] rows = {{0, 1, 0}, {0, nan, 0}, {0, 0, 1}};

        Evaluation evaluation = evaluate(
                new Table(3, rows), card(List.of("blue", "green", "red"), OptionalInt.empty()), new DrawnImages(3, 0));

        assertThat(evaluation.top1()).isCloseTo(100 / 3.0, within(1e-12));
        assertThat(evaluation.top5()).isCloseTo(200 / 3.0, within(1e-12));
        assertThat(evaluation.loss()).isNaN();
    }

    @Test
    void classes_have_their_precision_recall_and_f1() {
        ConfusionMatrix matrix =
                new ConfusionMatrix(List.of("cat", "dog", "none"), new int[][] {{6, 2, 0}, {1, 3, 0}, {0, 0, 0}});

        assertThat(matrix.scores())
                .containsExactly(
                        score("cat", 8, 6 / 7.0, 0.75, 0.8),
                        score("dog", 4, 0.6, 0.75, 2 / 3.0),
                        new ConfusionMatrix.ClassScore(
                                "none", 0, OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty()));
        assertThat(matrix.macroF1()).hasValueCloseTo((0.8 + 2 / 3.0) / 2, within(1e-12));
        assertThat(matrix.mistakes(1)).containsExactly(new ConfusionMatrix.Mistake("cat", "dog", 2));
        assertThat(matrix.correct()).isEqualTo(9);
        assertThat(ConfusionMatrix.decoded(matrix.labels(), matrix.encoded())).isEqualTo(matrix);
    }

    private static ConfusionMatrix.ClassScore score(
            String label, long images, double precision, double recall, double f1) {
        return new ConfusionMatrix.ClassScore(
                label, images, OptionalDouble.of(precision), OptionalDouble.of(recall), OptionalDouble.of(f1));
    }

    @Test
    void f1_is_zero_for_a_class_that_is_never_predicted_rightly_and_missing_without_images_and_predictions() {
        ConfusionMatrix matrix = new ConfusionMatrix(
                List.of("right", "missed", "only predicted", "absent"),
                new int[][] {{3, 0, 1, 0}, {2, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}});

        assertThat(matrix.scores())
                .extracting(ConfusionMatrix.ClassScore::f1)
                .containsExactly(
                        OptionalDouble.of(2 * 3 / 9.0),
                        OptionalDouble.of(0),
                        OptionalDouble.of(0),
                        OptionalDouble.empty());
        assertThat(matrix.macroF1())
                .hasValueCloseTo(2 / 9.0, within(1e-12)); // as scikit-learn's f1_score(average="macro")
    }

    @Test
    void predictions_are_read_back_and_those_of_earlier_versions_have_no_loss(@TempDir Path folder) throws Exception {
        Predictions predictions = new Predictions();
        evaluate(
                new Table(3, new float[][] {{1, 0, 0}, {0, 0, 0}}),
                card(List.of("blue", "green", "red"), OptionalInt.empty()),
                new DrawnImages(2, 0),
                predictions);
        Path file = folder.resolve(Predictions.CSV);
        predictions.writeTo(folder, new DrawnImages(2, 0), List.of("blue", "green", "red"));

        List<Predictions.Row> rows = Predictions.read(file);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(1).loss()).isCloseTo(Math.log(3), within(1e-4));

        Files.writeString(file, "file,true,predicted,score\n\"a,b.png\",cat,dog,0.7500\n");
        assertThat(Predictions.read(file))
                .containsExactly(new Predictions.Row("a,b.png", "cat", "dog", 0.75, Double.NaN));
    }

    @Test
    void a_matrix_is_written_as_tables_and_as_an_image(@TempDir Path folder) throws Exception {
        new ConfusionMatrix(List.of("a,b", "say \"c\""), new int[][] {{1, 2}, {0, 0}}).writeTo(folder);

        assertThat(folder.resolve("confusion_matrix.csv"))
                .hasContent("true\\predicted,\"a,b\",\"say \"\"c\"\"\"\n\"a,b\",1,2\n\"say \"\"c\"\"\",0,0\n");
        assertThat(folder.resolve("per_class.csv"))
                .hasContent(
                        "label,images,precision,recall,f1\n\"a,b\",3,1.0000,0.3333,0.5000\n\"say \"\"c\"\"\",0,0.0000,,0.0000\n");
        assertThat(ImageIO.read(Files.newInputStream(folder.resolve("confusion_matrix.png"))))
                .isNotNull();
    }

    @Test
    void a_matrix_of_a_thousand_classes_shows_the_most_confused_ones(@TempDir Path folder) throws Exception {
        List<String> labels =
                IntStream.range(0, 1000).mapToObj(c -> "class " + c).toList();
        int[][] counts = new int[1000][1000];
        counts[7][900] = 9;
        counts[900][900] = 3;

        new ConfusionMatrix(labels, counts).writeTo(folder);

        BufferedImage image =
                ImageIO.read(folder.resolve("confusion_matrix.png").toFile());
        long red = IntStream.range(0, image.getWidth() * image.getHeight())
                .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == 0xFFC8371B)
                .count();
        assertThat(red).isGreaterThan(1000); // a cell to be seen, not two pixels
        assertThat(image.getWidth()).isLessThan(2200);
    }

    @Test
    void a_matrix_that_is_not_square_is_refused() {
        assertThatThrownBy(() -> new ConfusionMatrix(List.of("a", "b"), new int[][] {{1, 2}}))
                .hasMessageContaining("2 classes");
        assertThatThrownBy(() -> ConfusionMatrix.decoded(List.of("a"), "0:1:3")).hasMessageContaining("class 1");
    }

    @Test
    void the_error_is_the_rest_to_100_in_decimals() {
        assertThat(Evaluation.error(91.73)).isEqualTo(8.27);
        assertThat(Evaluation.error(99.9)).isEqualTo(0.1);
        assertThat(Evaluation.error(100)).isZero();
        assertThat(Evaluation.error(100.0 / 3)).isCloseTo(66.67, within(0.01));
    }
}
