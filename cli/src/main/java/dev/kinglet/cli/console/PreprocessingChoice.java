package dev.kinglet.cli.console;

import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Preprocessing.ResizeMode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how images are prepared for a network. */
public final class PreprocessingChoice {
    @Option(
            names = "--img-size",
            paramLabel = "PIXELS",
            description =
                    "Input resolution (default of this and of --crop-pct, --resize, --interpolation, --mean and --std:"
                            + " the network's own, or else ImageNet's: 224, 0.875, shorter, bilinear, 0.485,0.456,0.406 and"
                            + " 0.229,0.224,0.225).")
    private @Nullable Integer imageSize;

    @Option(
            names = "--crop-pct",
            paramLabel = "RATIO",
            description = "Center crop ratio: fraction of the resized side that is kept.")
    private @Nullable Double cropPct;

    @Option(
            names = "--resize",
            paramLabel = "shorter|exact",
            description = "Resize the shorter side and keep the aspect ratio, or both sides to a square.")
    private @Nullable ResizeMode resize;

    @Option(names = "--interpolation", paramLabel = "bilinear|bicubic", description = "Interpolation of resizing.")
    private @Nullable Interpolation interpolation;

    @Option(
            names = "--mean",
            split = ",",
            paramLabel = "R,G,B",
            hideParamSyntax = true,
            description = "Mean of red, green and blue on the scale 0 to 1.")
    private @Nullable List<Double> mean;

    @Option(
            names = "--std",
            split = ",",
            paramLabel = "R,G,B",
            hideParamSyntax = true,
            description = "Their standard deviations.")
    private @Nullable List<Double> std;

    /** The preprocessing with these options in the place of its own values. */
    public Preprocessing over(Preprocessing published) {
        return new Preprocessing(
                        imageSize == null ? published.inputSize() : imageSize,
                        cropPct == null ? published.cropPct() : cropPct,
                        resize == null ? published.resize() : resize,
                        interpolation == null ? published.interpolation() : interpolation,
                        mean == null ? published.mean() : mean,
                        std == null ? published.std() : std,
                        published.orientation())
                .requireScaleOfOne();
    }
}
