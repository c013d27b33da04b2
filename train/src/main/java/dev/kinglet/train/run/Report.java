package dev.kinglet.train.run;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Costs;
import dev.kinglet.train.calibration.TemperatureScaling;
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
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The results of a run, as a page for people and as JSON for programs.
 *
 * @param name of the run
 * @param epochs results so far, in order
 * @param best the epoch whose weights are kept as the best; empty before the first is done
 * @param time spent so far
 * @param costs of one image; empty if they are not known
 * @param weightBytes size of the file of the best weights; empty before there is one
 * @param command the shell command that trains so again; empty if there is none
 */
record Report(
        String name,
        Status status,
        TrainConfig config,
        List<EpochResult> epochs,
        Optional<BestEpoch> best,
        Duration time,
        Optional<Costs> costs,
        OptionalLong weightBytes,
        Optional<String> command) {
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
    private static final int CONFUSED = 12; // pairs of classes
    static final int MAX_IMAGES = 24; // thumbnails, which the page has to carry
    private static final String MAPS =
            "<p>Below each image are heat maps of the predicted and of the true class, by the best weights: bright places speak for"
                    + " the class. Each map has its own scale;"
                    + " where one is all dark, no place speaks for the class.</p>\n";
    private static final int MAX_CLASSES = 100; // of more, only some are listed
    private static final int WORST_CLASSES = 40; // of those

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
            root.put("macro_f1", rounded(100 * macroF1(evaluation), 4));
            root.put("loss", rounded(evaluation.loss(), 6));
            root.put("images", evaluation.images()).put("skipped", evaluation.skipped());
            root.put("weights", RunFolder.BEST_WEIGHTS);
            found.scaling()
                    .ifPresent(scaling -> root.putObject("calibration")
                            .put("temperature", rounded(scaling.temperature(), 6))
                            .put("images", scaling.images())
                            .put("ece_before", rounded(100 * scaling.before().expectedCalibrationError(), 4))
                            .put("ece", rounded(100 * scaling.after().expectedCalibrationError(), 4))
                            .put("nll_before", rounded(scaling.lossBefore(), 6))
                            .put("nll", rounded(scaling.loss(), 6)));
            evaluation.confusion().scores().forEach(score -> {
                ObjectNode one = root.withArray("classes").addObject();
                one.put("label", score.label()).put("images", score.images());
                one.put("precision", rounded(score.precision()));
                one.put("recall", rounded(score.recall()));
                one.put("f1", rounded(score.f1()));
            });
        });
        costs.ifPresent(found -> root.put("param_count", found.parameters()).put("macs", found.macs()));
        weightBytes.ifPresent(bytes -> root.put("weights_bytes", bytes));
        command.ifPresent(line -> root.put("command", line));
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

    private static double macroF1(Evaluation evaluation) {
        return evaluation.confusion().macroF1().orElse(Double.NaN);
    }

    /**
     * One page that needs no other file.
     *
     * @param images of the run, PNG or JPEG, by file name, which become part of the page; any of them may be absent
     * @param mistakes of the best epoch
     */
    String toHtml(Map<String, byte[]> images, WorstMistakes mistakes) {
        StringBuilder page = new StringBuilder("<h1>");
        page.append(Html.escaped(name)).append("</h1>\n").append(summary());
        if (!epochs.isEmpty()) {
            page.append(Html.figure("Curves", "Loss and accuracy over epochs", images.get(RunFolder.CURVES)));
        }
        best.ifPresent(found -> {
            ConfusionMatrix confusion = found.evaluation().confusion();
            page.append(Html.figure(
                            "Confusion matrix", "Images by true and predicted class", images.get(ConfusionMatrix.PNG)))
                    .append(confused(confusion))
                    .append(worst(mistakes))
                    .append(classes(confusion))
                    .append(calibration(found.scaling(), images))
                    .append(Html.figure(
                            "Sample of predictions", "Validation images", images.get(RunFolder.PREDICTIONS)));
        });
        page.append(Html.figure("Training data", "Training images by class", images.get(RunFolder.CLASSES)))
                .append(Html.figure(
                        "First batch", "The batch as the network sees it", images.get(RunFolder.TRAIN_BATCH)))
                .append(epochTable())
                .append(network())
                .append(repetition())
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
            String weights = config.optimizer().ema().isPresent() ? " (EMA)" : "";
            html.append("<div class=\"tiles\">\n");
            tile(html, Csv.decimal(evaluation.top1(), 2) + " %", "top-1" + weights);
            tile(html, Csv.decimal(evaluation.top5(), 2) + " %", "top-5" + weights);
            tile(html, Csv.decimal(macroF1(evaluation) * 100, 2) + " %", "macro F1" + weights);
            tile(html, Csv.decimal(evaluation.loss(), 4), "loss" + weights);
            found.scaling()
                    .ifPresent(scaling -> tile(
                            html,
                            Csv.decimal(100 * scaling.after().expectedCalibrationError(), 2) + " %",
                            "ECE, calibrated"));
            tile(html, Long.toString(evaluation.images()), "validation images");
            tile(html, Integer.toString(found.epoch()), "best epoch (from 0)");
            tile(html, Csv.decimal(trainingImagesPerSecond(), 1), "training images/s");
            html.append("</div>\n");
            epochs.stream()
                    .filter(epoch ->
                            epoch.epoch() == found.epoch() && epoch.ema().isPresent())
                    .forEach(epoch -> html.append("<p>EMA: of the average of the weights. The raw weights of epoch ")
                            .append(epoch.epoch())
                            .append(" have top-1 ")
                            .append(Csv.decimal(epoch.valTop1(), 2))
                            .append(" % and loss ")
                            .append(Csv.decimal(epoch.valLoss(), 4))
                            .append(".</p>\n"));
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

    private static String confused(ConfusionMatrix confusion) {
        List<ConfusionMatrix.Mistake> mistakes = confusion.mistakes(CONFUSED);
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

    private static String worst(WorstMistakes mistakes) {
        if (mistakes.worst().isEmpty()) {
            return "";
        }
        List<WorstMistakes.Mistake> shown = mistakes.worst()
                .subList(0, Math.min(MAX_IMAGES, mistakes.worst().size()));
        return "<h2>Worst mistakes</h2>\n<p>"
                + (shown.size() == mistakes.all()
                        ? "All misclassified images, those with the highest " + mistakes.order() + " first."
                        : "The " + MAX_IMAGES + " misclassified images with the highest " + mistakes.order() + ", of "
                                + mistakes.all() + "; " + Predictions.CSV + " lists all predictions.")
                + "</p>\n"
                + (shown.stream().anyMatch(mistake -> mistake.maps().isPresent()) ? MAPS : "")
                + Html.gallery(shown, mistake -> mistake.image().map(ImageGrid::thumbnail), Report::caption);
    }

    private static String caption(WorstMistakes.Mistake mistake) {
        Predictions.Row row = mistake.row();
        String predicted = "<span class=\"wrong\">" + Html.escaped(row.predicted()) + "</span> "
                + percent(OptionalDouble.of(row.score()));
        String label = "true: " + Html.escaped(row.label());
        return mistake.maps()
                        .map(maps -> map(maps.ofPredicted(), row.predicted())
                                + predicted
                                + map(maps.ofTrue(), row.label())
                                + label)
                        .orElse(predicted + "<br>" + label)
                + "<small>" + Html.escaped(row.file()) + "</small>";
    }

    private static String map(RgbImage overlay, String label) {
        return Html.image("Heat map of " + label, ImageGrid.thumbnail(overlay));
    }

    private static String classes(ConfusionMatrix confusion) {
        List<ConfusionMatrix.ClassScore> scores = confusion.scores();
        List<ConfusionMatrix.ClassScore> shown = scores;
        String note = "";
        if (scores.size() > MAX_CLASSES) {
            List<ConfusionMatrix.ClassScore> present =
                    scores.stream().filter(score -> score.images() > 0).toList();
            shown = present.stream()
                    .sorted(Comparator.comparingDouble(score -> score.f1().orElse(0)))
                    .limit(WORST_CLASSES)
                    .toList();
            note = " The " + Plural.of(shown.size(), "class") + " with the lowest F1, of "
                    + Plural.of(present.size(), "class") + " with validation images; " + ConfusionMatrix.PER_CLASS_CSV
                    + " lists all.";
        }
        return "<h2>Classes</h2>\n<p>Macro F1, the mean of the classes' F1: " + percent(confusion.macroF1()) + "."
                + note + "</p>\n"
                + Html.table(
                        List.of("class", "images", "precision", "recall", "F1", ""),
                        shown,
                        score -> Html.text(score.label())
                                + Html.number(Long.toString(score.images()))
                                + Html.number(percent(score.precision()))
                                + Html.number(percent(score.recall()))
                                + Html.number(percent(score.f1()))
                                + "<td class=\"bar\"><i style=\"width:"
                                + Csv.decimal(100 * score.f1().orElse(0), 1) + "%\"></i></td>");
    }

    private static String calibration(Optional<TemperatureScaling> scaling, Map<String, byte[]> images) {
        return scaling.map(found ->
                        Html.figure("Calibration", "Reliability diagram", images.get(ReliabilityDiagram.PNG))
                                + String.format(
                                        Locale.ROOT,
                                        "<p>A temperature of %s, fitted on the logits of %s, makes the expected calibration error"
                                                + " (ECE) %s %% where it was %s %%. It is in the card of the best weights, and"
                                                + " <code>--raw-scores</code> leaves it out.</p>\n",
                                        Csv.decimal(found.temperature(), 4),
                                        Plural.of(found.images(), "validation image"),
                                        Csv.decimal(100 * found.after().expectedCalibrationError(), 2),
                                        Csv.decimal(100 * found.before().expectedCalibrationError(), 2)))
                .orElse("");
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

    private String network() {
        if (costs.isEmpty() && weightBytes.isEmpty()) {
            return "";
        }
        StringBuilder html = new StringBuilder("<h2>Network</h2>\n<div class=\"tiles\">\n");
        costs.ifPresent(found -> {
            tile(html, Figures.millions(found.parameters()), "parameters");
            tile(
                    html,
                    Figures.millions(found.macs()),
                    "MACs per image of " + Plural.of(config.preprocessing().inputSize(), "pixel"));
        });
        weightBytes.ifPresent(bytes -> tile(html, ByteSize.mib(bytes), RunFolder.BEST_WEIGHTS));
        return html.append("</div>\n").toString();
    }

    private String repetition() {
        return command.map(line -> "<h2>Command to repeat the run</h2>\n<pre>"
                        + Html.escaped(line).replaceAll("--[a-z][a-z0-9-]*", "<span>$0</span>") + "</pre>\n")
                .orElse("");
    }

    private String settings() {
        TrainOptions given = TrainOptions.of(config);
        List<TrainOption> options = List.of(TrainOption.values()).stream()
                .filter(option -> given.get(option).isPresent())
                .toList();
        return "<h2>Configuration</h2>\n<p>Bold: values of options that have another default, or none.</p>\n"
                + Html.table(
                        List.of("option", "value", "description"),
                        options,
                        option -> Html.text(option.key())
                                + (given.value(option)
                                                .equals(TrainOptions.none().value(option))
                                        ? Html.text(given.get(option).orElse(""))
                                        : Html.strong(given.get(option).orElse("")))
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
