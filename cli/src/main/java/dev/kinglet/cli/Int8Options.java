package dev.kinglet.cli;

import dev.kinglet.cli.console.Console;
import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.Int8Exporter;
import dev.kinglet.infer.Int8Report;
import dev.kinglet.infer.Samples;
import dev.kinglet.network.Model;
import dev.kinglet.toolkit.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code kinglet export} for quantization to int8. */
final class Int8Options {
    private static final int MAX_MEASURED = 200; // more change little, and each is run twice

    @Option(
            names = "--int8",
            description = "Quantize weights and activations to int8: a quarter of the size; needs --calibrate.")
    private boolean int8;

    @Option(
            names = "--calibrate",
            paramLabel = "DIR",
            description =
                    "With --int8: the calibration set, all images in this folder and below it. Where its folders are"
                            + " named like the classes, accuracy before and after is measured on images that were not used"
                            + " for calibration.")
    private @Nullable Path calibrationFolder;

    @Option(
            names = "--calibrate-method",
            paramLabel = "METHOD",
            description =
                    "How activation ranges are chosen: minmax, percentile or entropy (least KL divergence); default:"
                            + " percentile.")
    private CalibrationMethod method = CalibrationMethod.PERCENTILE;

    @Option(
            names = "--calibrate-images",
            paramLabel = "N",
            description = "Size of the calibration set (default: ${DEFAULT-VALUE}).")
    private int images = 128;

    @Option(
            names = "--int8-keep",
            paramLabel = "auto|none|NAME,...",
            split = ",",
            description = "Layers kept in float32 (default: auto, those that add most to the error while the file stays"
                    + " small).")
    private List<String> keep = List.of("auto");

    /** @throws IllegalArgumentException if the options do not go together */
    boolean isWanted() {
        if (!int8 && calibrationFolder != null) {
            throw new IllegalArgumentException("--calibrate goes with --int8");
        }
        if (int8 && calibrationFolder == null) {
            throw new IllegalArgumentException(
                    "--int8 needs --calibrate DIR: a folder of images to find the ranges of the activations on");
        }
        if (images < 1) {
            throw new IllegalArgumentException("--calibrate-images is at least 1, not " + images);
        }
        return int8;
    }

    /** Exports an int8-quantized model, if that {@link #isWanted()}. */
    Int8Report export(Model model, Exporter exporter, Path output, Console console) throws IOException {
        List<Path> files = files(Objects.requireNonNull(calibrationFolder));
        List<Path> calibrating = files.subList(0, Math.min(images, files.size()));
        List<Path> measuring =
                files.subList(calibrating.size(), Math.min(calibrating.size() + MAX_MEASURED, files.size()));
        if (measuring.isEmpty()) {
            console.note(
                    "There are only %d images, so accuracy is measured on the calibration set", calibrating.size());
        }
        Samples calibration = read(calibrating, model, console);
        return new Int8Exporter(exporter, method, floatLayers())
                .export(
                        model,
                        calibration,
                        measuring.isEmpty() ? calibration : read(measuring, model, console),
                        output);
    }

    private static Samples read(List<Path> files, Model model, Console console) {
        return Samples.read(
                files,
                model.card(),
                e -> console.note("%s; left out", Failure.of(e).line()));
    }

    private Optional<Set<String>> floatLayers() {
        if (keep.equals(List.of("auto"))) {
            return Optional.empty();
        }
        return Optional.of(keep.equals(List.of("none")) ? Set.of() : new LinkedHashSet<>(keep));
    }

    /** All images in a folder and below, in an order that depends on their names alone. */
    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString(), null, "--calibrate is a folder of images");
        }
        List<Path> files = new ArrayList<>(Predictor.images(folder));
        Collections.shuffle(files, new Random(0));
        return files;
    }
}
