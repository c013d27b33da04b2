package dev.kinglet.train.run;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Plural;
import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The results of a run, as a page for people and as JSON for programs.
 *
 * @param name of the run
 * @param epochs results so far, in order
 * @param best the epoch whose weights are kept as the best; empty before the first is done
 * @param time spent so far
 */
record Report(
        String name,
        Status status,
        TrainConfig config,
        List<EpochResult> epochs,
        Optional<BestEpoch> best,
        Duration time) {
    /** How far a run is. */
    enum Status {
        RUNNING,
        INTERRUPTED,
        DIVERGED,
        FINISHED;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final int MISTAKES = 12;
    private static final int WORST = 30; // images
    private static final int MAX_EMPTY_CLASSES = 100; // of more classes, those without images are left out

    /** Percentages and seconds; a value that does not exist is {@code null}. */
    String toJson() {
        ObjectNode root = JSON.createObjectNode();
        root.put("run", name)
                .put("status", status.key())
                .put("model", config.model().name());
        root.put("epochs", config.schedule().allEpochs()).put("epochs_done", epochs.size());
        root.put("time_s", rounded(time.toMillis() / 1e3, 3));
        best.ifPresent(found -> {
            Evaluation evaluation = found.evaluation();
            root.put("best_epoch", found.epoch());
            root.put("top1", rounded(evaluation.top1(), 4)).put("top1_err", rounded(100 - evaluation.top1(), 4));
            root.put("top5", rounded(evaluation.top5(), 4)).put("top5_err", rounded(100 - evaluation.top5(), 4));
            root.put("loss", rounded(evaluation.loss(), 6));
            root.put("images", evaluation.images()).put("skipped", evaluation.skipped());
            root.put("weights", RunFolder.BEST_WEIGHTS);
            evaluation.confusion().scores().forEach(score -> {
                ObjectNode one = root.withArray("classes").addObject();
                one.put("label", score.label()).put("images", score.images());
                one.put("precision", rounded(score.precision()));
                one.put("recall", rounded(score.recall()));
            });
        });
        ObjectNode settings = root.putObject("config");
        TrainOptions given = TrainOptions.of(config);
        for (TrainOption option : TrainOption.values()) {
            given.value(option).ifPresent(value -> settings.putPOJO(option.key(), value));
        }
        try {
            return JSON.writeValueAsString(root) + "\n";
        } catch (JacksonException e) {
            throw new UncheckedIOException(e); // text and numbers can always be written
        }
    }

    private static @Nullable BigDecimal rounded(OptionalDouble value) {
        return value.isPresent() ? rounded(value.getAsDouble(), 4) : null;
    }

    private static @Nullable BigDecimal rounded(double value, int digits) {
        return Double.isFinite(value) ? new BigDecimal(Csv.decimal(value, digits)) : null;
    }

    /**
     * One page that needs no other file.
     *
     * @param images PNGs of the run by file name, which become part of the page; any of them may be absent
     * @param predictions of the best epoch on all validation images
     */
    String toHtml(Map<String, byte[]> images, List<Predictions.Row> predictions) {
        StringBuilder page = new StringBuilder("<h1>");
        page.append(Html.escaped(name)).append("</h1>\n").append(summary());
        if (!epochs.isEmpty()) {
            page.append(Html.figure("Curves", "Loss and accuracy over epochs", images.get(RunFolder.CURVES)));
        }
        best.ifPresent(found -> {
            ConfusionMatrix confusion = found.evaluation().confusion();
            page.append(Html.figure(
                            "Confusion matrix", "Images by true and predicted class", images.get(ConfusionMatrix.PNG)))
                    .append(mistakes(confusion))
                    .append(worst(predictions))
                    .append(Html.figure("Worst mistakes", "Wrong predictions", images.get(RunFolder.MISTAKES)))
                    .append(classes(confusion))
                    .append(Html.figure(
                            "Sample of predictions", "Validation images", images.get(RunFolder.PREDICTIONS)));
        });
        page.append(Html.figure("Training data", "Training images by class", images.get(RunFolder.CLASSES)))
                .append(Html.figure(
                        "First batch", "The batch as the network sees it", images.get(RunFolder.TRAIN_BATCH)))
                .append(epochTable())
                .append(settings());
        return Html.page(name, page.toString());
    }

    private String summary() {
        StringBuilder html = new StringBuilder("<p class=\"lead\">")
                .append(Html.escaped(config.model().name()));
        html.append(", ").append(config.preprocessing().inputSize()).append(" pixels, ");
        html.append(epochs.size())
                .append(" of ")
                .append(Plural.of(config.schedule().allEpochs(), "epoch"))
                .append(", ");
        html.append(hours(time)).append("; ").append(status.key()).append(".</p>\n");
        best.ifPresent(found -> {
            Evaluation evaluation = found.evaluation();
            html.append("<div class=\"tiles\">\n");
            tile(html, Csv.decimal(evaluation.top1(), 2) + " %", "top-1");
            tile(html, Csv.decimal(evaluation.top5(), 2) + " %", "top-5");
            tile(html, Csv.decimal(evaluation.loss(), 4), "loss");
            tile(html, Long.toString(evaluation.images()), "validation images");
            tile(html, Integer.toString(found.epoch()), "best epoch (from 0)");
            tile(html, Csv.decimal(trainingImagesPerSecond(), 1), "training images/s");
            html.append("</div>\n");
            if (evaluation.skipped() > 0) {
                html.append("<p class=\"warning\">")
                        .append(Plural.of(evaluation.skipped(), "validation image"))
                        .append(" could not be used; train.log says which.</p>\n");
            }
        });
        return html.toString();
    }

    private double trainingImagesPerSecond() {
        return epochs.stream()
                .mapToDouble(EpochResult::imagesPerSecond)
                .average()
                .orElse(Double.NaN);
    }

    private static void tile(StringBuilder html, String value, String label) {
        html.append("<div><b>").append(value).append("</b><span>").append(label).append("</span></div>\n");
    }

    private static String mistakes(ConfusionMatrix confusion) {
        List<ConfusionMatrix.Mistake> mistakes = confusion.mistakes(MISTAKES);
        if (mistakes.isEmpty()) {
            return "<p>Every prediction is correct.</p>\n";
        }
        return "<h2>Most confused classes</h2>\n"
                + Html.table(
                        List.of("true", "predicted", "images"),
                        mistakes,
                        mistake -> Html.text(mistake.label())
                                + Html.text(mistake.predicted())
                                + Html.number(Integer.toString(mistake.count())));
    }

    private static String worst(List<Predictions.Row> predictions) {
        List<Predictions.Row> wrong = predictions.stream()
                .filter(row -> !row.isCorrect())
                .sorted(Comparator.comparingDouble(Predictions.Row::score).reversed())
                .toList();
        if (wrong.isEmpty()) {
            return "";
        }
        return "<h2>Misclassified images</h2>\n<p>"
                + (wrong.size() <= WORST ? "All " : "The " + WORST + " with the highest scores of ")
                + Plural.of(wrong.size(), "image") + "; " + Predictions.CSV + " lists all predictions.</p>\n"
                + Html.table(
                        List.of("file", "true", "predicted", "score"),
                        wrong.subList(0, Math.min(WORST, wrong.size())),
                        row -> Html.text(row.file())
                                + Html.text(row.label())
                                + Html.text(row.predicted())
                                + Html.number(percent(OptionalDouble.of(row.score()))));
    }

    private static String classes(ConfusionMatrix confusion) {
        List<ConfusionMatrix.ClassScore> scores = confusion.scores();
        List<ConfusionMatrix.ClassScore> shown = scores.size() <= MAX_EMPTY_CLASSES
                ? scores
                : scores.stream().filter(score -> score.images() > 0).toList();
        String left = shown.size() == scores.size()
                ? ""
                : "<p>" + Plural.of(scores.size() - shown.size(), "class")
                        + " without validation images left out.</p>\n";
        return "<h2>Classes</h2>\n" + left
                + Html.table(
                        List.of("class", "images", "precision", "recall", ""),
                        shown,
                        score -> Html.text(score.label())
                                + Html.number(Long.toString(score.images()))
                                + Html.number(percent(score.precision()))
                                + Html.number(percent(score.recall()))
                                + "<td class=\"bar\"><i style=\"width:"
                                + Csv.decimal(100 * score.recall().orElse(0), 1) + "%\"></i></td>");
    }

    private String epochTable() {
        if (epochs.isEmpty()) {
            return "";
        }
        return "<h2>Epochs</h2>\n"
                + Html.table(
                        List.of(
                                "epoch (from 0)",
                                "training loss",
                                "training top-1",
                                "validation loss",
                                "top-1",
                                "top-5",
                                "learning rate",
                                "images/s",
                                "data wait (s)",
                                "time (s)"),
                        epochs,
                        epoch -> Html.number(Integer.toString(epoch.epoch()))
                                + Html.number(Csv.decimal(epoch.trainLoss(), 4))
                                + Html.number(Csv.decimal(epoch.trainTop1(), 2))
                                + Html.number(Csv.decimal(epoch.valLoss(), 4))
                                + Html.number(Csv.decimal(epoch.valTop1(), 2))
                                + Html.number(Csv.decimal(epoch.valTop5(), 2))
                                + Html.number(Csv.decimal(epoch.learningRate(), 6))
                                + Html.number(Csv.decimal(epoch.imagesPerSecond(), 1))
                                + Html.number(Csv.decimal(epoch.waitSeconds(), 2))
                                + Html.number(Csv.decimal(epoch.seconds(), 1)));
    }

    private String settings() {
        TrainOptions given = TrainOptions.of(config);
        List<TrainOption> options = List.of(TrainOption.values()).stream()
                .filter(option -> given.get(option).isPresent())
                .toList();
        return "<h2>Configuration</h2>\n"
                + Html.table(
                        List.of("option", "value", "description"),
                        options,
                        option -> Html.text(option.key())
                                + Html.text(given.get(option).orElse(""))
                                + Html.text(option.help()));
    }

    private static String percent(OptionalDouble fraction) {
        return fraction.isPresent() ? Csv.decimal(100 * fraction.getAsDouble(), 1) + " %" : "–";
    }

    /** {@code 1:02:03}. */
    private static String hours(Duration time) {
        return TrainLog.hours(time.toSeconds());
    }
}
