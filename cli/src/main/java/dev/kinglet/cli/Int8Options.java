package dev.kinglet.cli;

import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.toolkit.Export;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code kinglet export} for quantization to int8. */
final class Int8Options {
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
    private @Nullable Path folder;

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
            hideParamSyntax = true,
            split = ",",
            description = "Layers kept in float32 (default: auto, those that add most to the error while the file stays"
                    + " small).")
    private List<String> keep = List.of("auto");

    /**
     * Quantization as asked for; empty if it is not.
     *
     * @throws IllegalArgumentException if the options do not go together
     */
    Optional<Export.Int8> given() {
        if (!int8 && folder != null) {
            throw new IllegalArgumentException("--calibrate goes with --int8");
        }
        if (!int8) {
            return Optional.empty();
        }
        if (folder == null) {
            throw new IllegalArgumentException(
                    "--int8 needs --calibrate DIR: a folder of images to find the ranges of the activations on");
        }
        return Optional.of(new Export.Int8(folder, method, images, floatLayers()));
    }

    private Optional<Set<String>> floatLayers() {
        if (keep.equals(List.of("auto"))) {
            return Optional.empty();
        }
        return Optional.of(keep.equals(List.of("none")) ? Set.of() : new LinkedHashSet<>(keep));
    }
}
