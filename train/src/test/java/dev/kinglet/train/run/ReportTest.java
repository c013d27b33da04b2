package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.network.Costs;
import dev.kinglet.train.DrawnImages;
import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final TrainConfig CONFIG =
            TrainConfig.of(TrainOptions.none().with(List.of("data=p", "model=m", "img_size=4", "crop_pct=1")));

    private static Report report(ConfusionMatrix confusion) {
        return new Report(
                "run",
                Report.Status.FINISHED,
                CONFIG,
                List.of(),
                Optional.of(new BestEpoch(0, new Evaluation(100, 0.5, 0, 0, 10, confusion), Optional.empty())),
                Duration.ofSeconds(1),
                Optional.of(new Costs(2_110_000, 41_400_000, 1)),
                OptionalLong.of(3 << 20),
                Optional.of("kinglet train --data 'a & b' --model m"));
    }

    private static WorstMistakes mistakes(Predictions.Row... rows) {
        return WorstMistakes.of(
                List.of(rows), new DrawnImages(9, 0, Set.of(5)), Pipeline.evaluation(CONFIG.preprocessing()));
    }

    @Test
    void of_a_thousand_classes_the_page_lists_the_forty_of_the_lowest_f1_and_says_so() {
        List<String> labels =
                IntStream.range(0, 1000).mapToObj(c -> "class " + c).toList();
        int[][] counts = new int[1000][1000];
        for (int c = 0; c < 500; c++) { // the others have no images
            counts[c][c] = 10 + c;
            counts[c][999] = 500 - c;
        }

        String html = report(new ConfusionMatrix(labels, counts)).toHtml(Map.of(), mistakes());

        assertThat(html)
                .contains("The 40 classes with the lowest F1, of 500 classes with validation images; per_class.csv");
        String table = html.substring(html.indexOf("<h2>Classes</h2>"), html.indexOf("<h2>Network</h2>"));
        Matcher rows = Pattern.compile("<tr><td>(class \\d+)</td>").matcher(table);
        List<String> shown = new ArrayList<>();
        while (rows.find()) {
            shown.add(rows.group(1));
        }
        assertThat(shown).isEqualTo(labels.subList(0, 40));
    }

    @Test
    void the_worst_mistakes_are_those_of_the_highest_loss_with_names_escaped() {
        WorstMistakes mistakes = mistakes(
                new Predictions.Row("blue/0.png", "blue", "red", 0.5, 2),
                new Predictions.Row("green/1.png", "green", "green", 1, 0.1),
                new Predictions.Row("blue/3.png", "blue", "<green>", 0.9, 4),
                new Predictions.Row("red/5.png", "red", "blue", 0.7, 3)); // which cannot be read

        String html = report(new ConfusionMatrix(List.of("blue", "red"), new int[][] {{0, 2}, {1, 0}}))
                .toHtml(Map.of(), mistakes);

        assertThat(mistakes.all()).isEqualTo(3);
        assertThat(mistakes.worst()).extracting(mistake -> mistake.row().loss()).containsExactly(4.0, 3.0, 2.0);
        assertThat(mistakes.worst())
                .extracting(mistake -> mistake.image().isPresent())
                .containsExactly(true, false, true);
        assertThat(html)
                .contains("All misclassified images, those with the highest losses first.")
                .contains("&lt;green&gt;")
                .doesNotContain("<green>")
                .contains("red/5.png");
        assertThat(html.split("<figure><img", -1)).hasSize(1 + 2);
    }

    @Test
    void of_classes_of_one_name_the_map_is_of_the_one_with_the_highest_logit_and_of_unknown_ones_there_is_none() {
        List<String> labels = List.of("crane", "green", "crane");
        List<int[]> chosen = new ArrayList<>();
        Explainer explainer = new Explainer() {
            @Override
            public List<Explanation> explain(Batch images, ClassChoice choice) {
                float[] logits = {1, 2, 3};
                int[] classes = choice.classes(logits);
                chosen.add(classes);
                Map<Integer, HeatMap> maps = new HashMap<>();
                for (int index : classes) {
                    maps.put(index, new HeatMap(1, 1, new float[] {1}));
                }
                return List.of(new Explanation(logits, maps));
            }

            @Override
            public void close() {}
        };
        WorstMistakes mistakes = mistakes(
                new Predictions.Row("blue/0.png", "green", "crane", 0.5, 2),
                new Predictions.Row("blue/3.png", "heron", "crane", 0.9, 1));

        WorstMistakes explained = mistakes.explained(24, explainer, labels, () -> false);

        assertThat(chosen).containsExactly(new int[] {2, 1});
        assertThat(explained.worst())
                .extracting(mistake -> mistake.maps().isPresent())
                .containsExactly(true, false);
        assertThat(mistakes.explained(24, explainer, labels, () -> true)).isEqualTo(mistakes);
        assertThat(mistakes.explained(0, explainer, labels, () -> false)).isEqualTo(mistakes);
    }

    @Test
    void predictions_of_earlier_versions_are_shown_by_their_scores() {
        WorstMistakes mistakes = mistakes(
                new Predictions.Row("blue/0.png", "blue", "red", 0.5, Double.NaN),
                new Predictions.Row("blue/3.png", "blue", "green", 0.9, Double.NaN));

        assertThat(mistakes.worst())
                .extracting(mistake -> mistake.row().score())
                .containsExactly(0.9, 0.5);
        assertThat(mistakes.order()).isEqualTo("scores");
    }

    @Test
    void the_page_has_the_cost_of_the_network_and_the_command_to_repeat_the_run() {
        String html = report(new ConfusionMatrix(List.of("a", "b"), new int[][] {{1, 0}, {0, 1}}))
                .toHtml(Map.of(), mistakes());

        assertThat(html)
                .contains("<b>2.11 M</b><span>parameters</span>")
                .contains("<b>41.40 M</b><span>MACs per image of 4 pixels</span>")
                .contains("<b>3.0 MiB</b><span>weights/best.safetensors</span>")
                .contains("<pre>kinglet train <span>--data</span> 'a &amp; b' <span>--model</span> m</pre>")
                .contains("Every prediction is correct");
    }

    @Test
    void images_stay_inside_the_column_of_the_page() {
        String style = report(new ConfusionMatrix(List.of("a", "b"), new int[][] {{1, 0}, {0, 1}}))
                .toHtml(Map.of(), mistakes());

        assertThat(style).contains(".full img { max-width: 100%;").doesNotContain("50vw");
    }

    @Test
    void figures_of_the_average_of_the_weights_are_marked_and_those_of_the_raw_weights_stand_beside_them() {
        ConfusionMatrix confusion = new ConfusionMatrix(List.of("a", "b"), new int[][] {{1, 0}, {0, 1}});
        Report averaged = new Report(
                "run",
                Report.Status.FINISHED,
                TrainConfig.of(TrainOptions.none()
                        .with(List.of("data=p", "model=m", "img_size=4", "crop_pct=1", "model_ema=true"))),
                List.of(new EpochResult(
                        0, 2, 10, 1.25, 18.75, 50, 0.1, 100, 0, 1, Optional.of(new EpochResult.Ema(0.5, 100, 100)))),
                Optional.of(new BestEpoch(0, new Evaluation(100, 0.5, 0, 0, 10, confusion), Optional.empty())),
                Duration.ofSeconds(1),
                Optional.empty(),
                OptionalLong.empty(),
                Optional.empty());

        assertThat(averaged.toHtml(Map.of(), mistakes()))
                .contains("<span>top-1 (EMA)</span>", "<b>0.5000</b><span>loss (EMA)</span>")
                .contains("The raw weights of epoch 0 have top-1 18.75 % and loss 1.2500.");
        assertThat(report(confusion).toHtml(Map.of(), mistakes())).doesNotContain("(EMA)</span>");
    }

    @Test
    void a_damaged_image_of_the_run_does_not_keep_the_report_from_being_written() {
        byte[] damaged = {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3};

        String html = report(new ConfusionMatrix(List.of("a", "b"), new int[][] {{1, 0}, {0, 1}}))
                .toHtml(Map.of(RunFolder.CLASSES, Jpeg.of(damaged)), mistakes());

        assertThat(html).contains("<h2>Training data</h2>").contains("<h2>Classes</h2>");
        assertThat(Jpeg.of(damaged)).isEqualTo(damaged);
    }
}
