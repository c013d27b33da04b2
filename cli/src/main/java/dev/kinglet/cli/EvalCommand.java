package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.BatchOptions;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.LabeledImages;
import dev.kinglet.cli.console.PreprocessingChoice;
import dev.kinglet.data.Dataset;
import dev.kinglet.image.Views;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.toolkit.Evaluator;
import dev.kinglet.toolkit.Runs;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet eval}. */
@Command(
        name = "eval",
        description = {
            "Score a trained network on labeled images.",
            "The confusion matrix, the figures of each class and each image's prediction (predictions.csv) are written to eval in the run's"
                    + " folder, or to --output."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet eval runs/peleenet-20260101-120000            its own validation images",
            "  kinglet eval birds.onnx --data photos --val-every 5 --output report",
            "  kinglet eval net.onnx --data imagenet --cls-label-path-val imagenet/val_list.txt"
        })
final class EvalCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file, an .onnx file, or latest for the newest run.")
    private Path model = Path.of("");

    @Mixin
    private ExpectedModel expected = new ExpectedModel();

    @Mixin
    private LabeledImages images = new LabeledImages();

    @Mixin
    private PreprocessingChoice preprocessing = new PreprocessingChoice();

    @Option(
            names = "--tta",
            paramLabel = "center|flip|flip-shift|five-crop",
            description = "Test-time augmentation: the mean of the logits of several views of each image (default:"
                    + " as the run was validated, or else center).")
    private @Nullable Views views;

    @Option(names = "--output", paramLabel = "DIR", description = "Folder to write to (default: eval in the run's).")
    private @Nullable Path output;

    @Mixin
    private BatchOptions batches = new BatchOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    EvalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        model = Runs.resolve(model);
        Optional<RunFolder> run = Runs.at(model);
        try (TrainedModel trained = TrainedModel.open(model, batches.threads(), preprocessing::over)) {
            expected.check(model, trained.card());
            Dataset validation = images.validation(run, trained.card(), console);
            Predictions predictions = new Predictions();
            Evaluation evaluation = new Evaluator(
                            views(run), batches.batchSize(), batches.workers(), Interruption::isRequested)
                    .evaluate(trained, validation, predictions);
            Path folder = output != null
                    ? output
                    : run.map(found -> found.folder().resolve("eval")).orElse(null);
            if (folder != null) {
                evaluation.confusion().writeTo(folder);
                predictions.writeTo(folder, validation, evaluation.confusion().labels());
                console.note("Confusion matrix, figures of each class and the prediction for each image: %s", folder);
            }
            if (evaluation.skipped() > 0) {
                console.note("unreadable, and not counted: %s", Plural.of(evaluation.skipped(), "image"));
            }
            if (evaluation.unknown() > 0) {
                console.note(
                        "%s of classes the network does not know; not scored",
                        Plural.of(evaluation.unknown(), "image"));
            }
            console.result(json ? json(trained, evaluation, predictions) : text(trained, evaluation, predictions));
            return 0;
        }
    }

    /** Those asked for, or else those the run was validated with. */
    private Views views(Optional<RunFolder> run) {
        return views != null
                ? views
                : run.map(found -> found.config().data().views()).orElse(Views.CENTER);
    }

    private static String json(TrainedModel trained, Evaluation evaluation, Predictions predictions) {
        Preprocessing preprocessing = trained.card().preprocessing();
        ObjectNode object = Json.object()
                .put("model", trained.card().model())
                .put("top1", evaluation.top1())
                .put("top1_err", Evaluation.error(evaluation.top1()))
                .put("top5", evaluation.top5())
                .put("top5_err", Evaluation.error(evaluation.top5()))
                .put("macro_f1", 100 * evaluation.confusion().macroF1().orElse(Double.NaN))
                .put("loss", evaluation.loss())
                .put("ece", predictions.calibratedReliability().expectedCalibrationError());
        if (trained.card().temperature().isPresent()) {
            object.put("ece_before", predictions.reliability().expectedCalibrationError());
        }
        return Json.page(object.put("images", evaluation.images())
                .put("skipped", evaluation.skipped())
                .put("unknown", evaluation.unknown())
                .put("param_count", trained.parameters())
                .put("img_size", preprocessing.inputSize())
                .put("interpolation", preprocessing.interpolation().key())
                .put("crop_pct", preprocessing.cropPct())
                .put("resize", preprocessing.resize().key())
                .put("images_per_s", evaluation.imagesPerSecond()));
    }

    private static String text(TrainedModel trained, Evaluation evaluation, Predictions predictions) {
        Table classes = new Table("class", ">images", ">precision", ">recall", ">F1");
        int without = 0;
        for (ConfusionMatrix.ClassScore score : evaluation.confusion().scores()) {
            if (score.images() == 0) {
                without++;
                continue;
            }
            classes.row(
                    score.label(),
                    Long.toString(score.images()),
                    percent(score.precision()),
                    percent(score.recall()),
                    percent(score.f1()));
        }
        Preprocessing preprocessing = trained.card().preprocessing();
        return classes
                + (without == 0 ? "" : String.format(Locale.ROOT, "%n(%s without images)", Plural.of(without, "class")))
                + String.format(
                        Locale.ROOT,
                        "%n%n%s on %s: top-1 %s, top-5 %s, macro F1 %s, loss %.4f, ECE %s; %d images of %d pixels, %.1f images/s",
                        trained.card().model(),
                        trained.runtime(),
                        Figures.percent(evaluation.top1()),
                        Figures.percent(evaluation.top5()),
                        percent(evaluation.confusion().macroF1()),
                        evaluation.loss(),
                        calibrationError(trained, predictions),
                        evaluation.images(),
                        preprocessing.inputSize(),
                        evaluation.imagesPerSecond());
    }

    /** Of the scores as they are answered, and in a calibrated model as they were before. */
    private static String calibrationError(TrainedModel trained, Predictions predictions) {
        String raw = Figures.percent(100 * predictions.reliability().expectedCalibrationError());
        return trained.card().temperature().isPresent()
                ? Figures.percent(100 * predictions.calibratedReliability().expectedCalibrationError()) + " (" + raw
                        + " without its temperature)"
                : raw;
    }

    private static String percent(OptionalDouble share) {
        return share.isPresent() ? Figures.percent(100 * share.getAsDouble()) : "-";
    }
}
