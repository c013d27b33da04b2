package dev.kinglet.cli.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.BatchOptions;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.LabeledImages;
import dev.kinglet.data.Dataset;
import dev.kinglet.network.Rejection;
import dev.kinglet.toolkit.Calibrator;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.Runs;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.train.calibration.Reliability;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet calibrate}. */
@Command(
        name = "calibrate",
        description = {
            "Calibrate a trained network's scores by temperature scaling, and choose a threshold for out-of-distribution images.",
            "A temperature is fitted on labeled images that it was not trained on, and kept in the model's card with the"
                    + " threshold of --reject-rate; predict, serve and the libraries apply both. Classes and their order stay."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet calibrate latest                                           on the run's own validation images",
            "  kinglet calibrate birds.onnx --data photos --val-every 5 --output calibrated.onnx",
            "  kinglet calibrate birds.onnx --data photos --val-every 5 --reject-rate 0.05 --unknown other-photos"
        })
final class CalibrateCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file, an .onnx file, or latest for the newest run.")
    private Path model = Path.of("");

    @Mixin
    private LabeledImages images = new LabeledImages();

    @Option(
            names = "--reject-rate",
            paramLabel = "RATE",
            description =
                    "Also choose a threshold, below which an image is of none of the classes: this fraction of the labeled"
                            + " images may be.")
    private @Nullable Double rejectRate;

    @Option(
            names = "--unknown-score",
            paramLabel = "energy|max-logit",
            description = "Score that the threshold is of (default: energy).")
    private String unknownScore = Rejection.Score.ENERGY.key();

    @Option(
            names = "--unknown",
            paramLabel = "DIR",
            description = "Images of none of the classes (out of distribution), to measure the threshold.")
    private @Nullable Path unknown;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description =
                    "File to write the calibrated model to; one that is there is replaced (default: the model's own).")
    private @Nullable Path output;

    @Mixin
    private BatchOptions batches = new BatchOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    CalibrateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (unknown != null && rejectRate == null) {
            throw new IllegalArgumentException("--unknown measures the threshold of --reject-rate, which is missing");
        }
        Calibrator.@Nullable RejectionChoice choice = rejectRate == null
                ? null
                : new Calibrator.RejectionChoice(Rejection.Score.of(unknownScore), rejectRate);
        model = Runs.resolve(model);
        Optional<RunFolder> run = Runs.at(model);
        List<Path> others = unknown == null ? List.of() : Predictor.images(unknown);
        Calibrator.Calibration calibration;
        try (TrainedModel trained = TrainedModel.open(model, batches.threads())) {
            Dataset validation = images.validation(run, trained.card(), console);
            calibration = new Calibrator(batches.batchSize(), batches.workers(), Interruption::isRequested)
                    .calibrate(trained, validation, choice, others);
        }
        Path written = Calibrator.write(model, Optional.ofNullable(output), calibration);
        calibration.scaling().doubt().ifPresent(why -> console.note("WARN: %s", why));
        console.note("Calibrated model: %s", written);
        console.result(json ? json(calibration) : text(calibration));
        return 0;
    }

    private static String json(Calibrator.Calibration calibration) {
        TemperatureScaling scaling = calibration.scaling();
        ObjectNode object = Json.object()
                .put("temperature", scaling.temperature())
                .put("images", scaling.images())
                .put("nll_before", scaling.lossBefore())
                .put("nll", scaling.loss())
                .put("ece_before", scaling.before().expectedCalibrationError())
                .put("ece", scaling.after().expectedCalibrationError());
        bins(object.putArray("bins_before"), scaling.before());
        bins(object.putArray("bins"), scaling.after());
        calibration.unknown().ifPresent(found -> {
            ObjectNode chosen = object.putObject("unknown")
                    .put("score", found.rejection().score().key())
                    .put("threshold", found.rejection().threshold())
                    .put("reject_rate", found.rejection().rate())
                    .put("rejected", found.rejected())
                    .put("unknown_images", found.others());
            found.areaUnderCurve().ifPresent(value -> chosen.put("auroc", value));
            found.falsePositivesAt95().ifPresent(value -> chosen.put("fpr95", value));
            found.rejectedOthers().ifPresent(value -> chosen.put("unknown_rejected", value));
        });
        return Json.page(object);
    }

    private static void bins(ArrayNode array, Reliability reliability) {
        for (Reliability.Bin bin : reliability.bins()) {
            ObjectNode object = array.addObject()
                    .put("from", bin.from())
                    .put("to", bin.to())
                    .put("images", bin.images());
            if (bin.images() > 0) {
                object.put("confidence", bin.confidence()).put("accuracy", bin.accuracy());
            }
        }
    }

    private static String text(Calibrator.Calibration calibration) {
        TemperatureScaling scaling = calibration.scaling();
        Table table = new Table("", ">before", ">after");
        table.row("negative log-likelihood", decimal(scaling.lossBefore()), decimal(scaling.loss()));
        table.row(
                "expected calibration error",
                percent(scaling.before().expectedCalibrationError()),
                percent(scaling.after().expectedCalibrationError()));
        StringBuilder text = new StringBuilder(table.toString());
        text.append(String.format(
                Locale.ROOT, "%n%nTemperature %.4f, fitted on %d images", scaling.temperature(), scaling.images()));
        calibration.unknown().ifPresent(found -> {
            text.append(String.format(
                    Locale.ROOT,
                    "%nImages with %s below %.4f are unknown: %s of the labeled ones",
                    found.rejection().score(),
                    found.rejection().threshold(),
                    percent(found.rejected())));
            if (found.others() > 0) {
                text.append(String.format(
                        Locale.ROOT,
                        ", %s of %d others; AUROC %.4f, FPR95 %s",
                        percent(found.rejectedOthers().getAsDouble()),
                        found.others(),
                        found.areaUnderCurve().getAsDouble(),
                        percent(found.falsePositivesAt95().getAsDouble())));
            }
        });
        return text.toString();
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private static String percent(double fraction) {
        return Figures.percent(100 * fraction);
    }
}
