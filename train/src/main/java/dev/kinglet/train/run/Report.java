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
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;
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
        StringBuilder page = new StringBuilder(HEAD.replace("{{title}}", escaped(name)));
        page.append("<h1>").append(escaped(name)).append("</h1>\n").append(summary());
        if (!epochs.isEmpty()) {
            page.append(figure("Curves", "Loss and accuracy over epochs", images.get(RunFolder.CURVES)));
        }
        best.ifPresent(found -> {
            ConfusionMatrix confusion = found.evaluation().confusion();
            page.append(figure(
                            "Confusion matrix", "Images by true and predicted class", images.get(ConfusionMatrix.PNG)))
                    .append(mistakes(confusion))
                    .append(worst(predictions))
                    .append(figure("Worst mistakes", "Wrong predictions", images.get(RunFolder.MISTAKES)))
                    .append(classes(confusion))
                    .append(figure("Sample of predictions", "Validation images", images.get(RunFolder.PREDICTIONS)));
        });
        page.append(figure("Training data", "Training images by class", images.get(RunFolder.CLASSES)))
                .append(figure("First batch", "The batch as the network sees it", images.get(RunFolder.TRAIN_BATCH)))
                .append(epochTable())
                .append(settings());
        return page.append("</main></body></html>\n").toString();
    }

    private static String figure(String heading, String text, byte @Nullable [] png) {
        return png == null
                ? ""
                : "<h2>" + heading + "</h2>\n<div class=\"full\"><img alt=\"" + text + "\" src=\"data:image/png;base64,"
                        + Base64.getEncoder().encodeToString(png) + "\"></div>\n";
    }

    private String summary() {
        StringBuilder html = new StringBuilder("<p class=\"lead\">")
                .append(escaped(config.model().name()));
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
                + table(
                        List.of("true", "predicted", "images"),
                        mistakes,
                        mistake -> text(mistake.label())
                                + text(mistake.predicted())
                                + number(Integer.toString(mistake.count())));
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
                + table(
                        List.of("file", "true", "predicted", "score"),
                        wrong.subList(0, Math.min(WORST, wrong.size())),
                        row -> text(row.file())
                                + text(row.label())
                                + text(row.predicted())
                                + number(percent(OptionalDouble.of(row.score()))));
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
                + table(
                        List.of("class", "images", "precision", "recall", ""),
                        shown,
                        score -> text(score.label())
                                + number(Long.toString(score.images()))
                                + number(percent(score.precision()))
                                + number(percent(score.recall()))
                                + "<td class=\"bar\"><i style=\"width:"
                                + Csv.decimal(100 * score.recall().orElse(0), 1) + "%\"></i></td>");
    }

    private String epochTable() {
        if (epochs.isEmpty()) {
            return "";
        }
        return "<h2>Epochs</h2>\n"
                + table(
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
                        epoch -> number(Integer.toString(epoch.epoch()))
                                + number(Csv.decimal(epoch.trainLoss(), 4))
                                + number(Csv.decimal(epoch.trainTop1(), 2))
                                + number(Csv.decimal(epoch.valLoss(), 4))
                                + number(Csv.decimal(epoch.valTop1(), 2))
                                + number(Csv.decimal(epoch.valTop5(), 2))
                                + number(Csv.decimal(epoch.learningRate(), 6))
                                + number(Csv.decimal(epoch.imagesPerSecond(), 1))
                                + number(Csv.decimal(epoch.waitSeconds(), 2))
                                + number(Csv.decimal(epoch.seconds(), 1)));
    }

    private String settings() {
        TrainOptions given = TrainOptions.of(config);
        List<TrainOption> options = List.of(TrainOption.values()).stream()
                .filter(option -> given.get(option).isPresent())
                .toList();
        return "<h2>Configuration</h2>\n"
                + table(
                        List.of("option", "value", "description"),
                        options,
                        option -> text(option.key()) + text(given.get(option).orElse("")) + text(option.help()));
    }

    private static <T> String table(List<String> heads, List<T> rows, Function<T, String> cells) {
        return heads.stream().map(Report::escaped).collect(Collectors.joining("</th><th>", TABLE, "</th></tr>\n"))
                + rows.stream()
                        .map(row -> "<tr>" + cells.apply(row) + "</tr>\n")
                        .collect(Collectors.joining())
                + "</table></div>\n";
    }

    private static String text(String text) {
        return "<td>" + escaped(text) + "</td>";
    }

    private static String number(String text) {
        return "<td class=\"number\">" + text + "</td>";
    }

    private static String percent(OptionalDouble fraction) {
        return fraction.isPresent() ? Csv.decimal(100 * fraction.getAsDouble(), 1) + " %" : "–";
    }

    /** {@code 1:02:03}. */
    private static String hours(Duration time) {
        return TrainLog.hours(time.toSeconds());
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static final String TABLE = "<div class=\"wide\"><table><tr><th>";

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}</title>
            <style>
            body { margin: 0; overflow-x: hidden; background: #f4f5f7; color: #22262b; font: 16px/1.5 system-ui, sans-serif; }
            main { max-width: 1080px; margin: 0 auto; padding: 32px 40px 64px; background: #fff; }
            h1 { font-size: 28px; margin: 0; overflow-wrap: anywhere; }
            h2 { font-size: 19px; margin: 40px 0 12px; }
            .lead { color: #5b6470; margin: 4px 0 24px; }
            .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
            .tiles div { background: #f4f5f7; border-radius: 8px; padding: 12px 16px; }
            .tiles b { display: block; font-size: 24px; }
            .tiles span { color: #5b6470; font-size: 14px; }
            .warning { background: #fdf1e3; border-radius: 8px; padding: 10px 16px; }
            .wide { overflow-x: auto; }
            .full { margin: 0 calc(50% - 50vw + 16px); text-align: center; }
            .full img { max-width: 100%; height: auto; }
            table { border-collapse: collapse; width: 100%; font-size: 14px; }
            th { text-align: left; color: #5b6470; font-weight: 600; }
            th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid #e3e6ea; vertical-align: top; }
            .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
            .bar { width: 30%; vertical-align: middle; }
            .bar i { display: block; height: 10px; border-radius: 5px; background: #1f5fa8; }
            @media print { body { background: #fff; } main { max-width: none; padding: 0; } .full { margin: 0; } }
            </style></head><body><main>
            """;
}
