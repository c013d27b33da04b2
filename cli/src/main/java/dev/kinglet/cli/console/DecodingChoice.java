package dev.kinglet.cli.console;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for decoding of the commands that use a trained network. */
public final class DecodingChoice {
    @Option(names = "--max-pixels", paramLabel = "N", description = "Limit of an image's pixels (default: 89478485).")
    private @Nullable Long maxPixels;

    @Option(
            names = "--exif-orientation",
            paramLabel = "ignored|followed",
            description =
                    "Whether photos are rotated by their EXIF orientation (default: as the network was trained, or else"
                            + " ignored).")
    private @Nullable Orientation orientation;

    /** The decoder for a network that was trained with this preprocessing. */
    public ImageDecoder decoder(Preprocessing preprocessing) {
        ImageLimits limits = ImageLimits.defaults();
        return new ImageDecoder(
                maxPixels == null ? limits : limits.withMaxPixels(maxPixels),
                orientation == null ? preprocessing.orientation() : orientation);
    }

    /** A run's configuration with these options in the place of its own. */
    public TrainConfig applied(TrainConfig run) {
        TrainConfig config = run;
        if (maxPixels != null) {
            config = config.with(TrainOption.MAX_PIXELS, Long.toString(maxPixels));
        }
        return orientation == null ? config : config.with(TrainOption.EXIF_ORIENTATION, orientation.key());
    }
}
