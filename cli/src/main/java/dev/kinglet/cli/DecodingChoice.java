package dev.kinglet.cli;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.network.Orientation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how the commands that use a trained network read images. */
final class DecodingChoice {
    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "Images of more pixels are refused (default: 89478485).")
    private @Nullable Long maxPixels;

    @Option(
            names = "--exif-orientation",
            paramLabel = "ignored|followed",
            description =
                    "Whether photos are turned as their cameras noted (default: as the network was trained, or ignored).")
    private @Nullable Orientation orientation;

    /** What reads images for a network that was trained on such. */
    ImageDecoder decoder(Preprocessing preprocessing) {
        ImageLimits limits = ImageLimits.defaults();
        return new ImageDecoder(
                maxPixels == null ? limits : limits.withMaxPixels(maxPixels),
                orientation == null ? preprocessing.orientation() : orientation);
    }

    /** A run's configuration with what was asked for in its place. */
    TrainConfig applied(TrainConfig run) {
        TrainConfig config = run;
        if (maxPixels != null) {
            config = config.with(TrainOption.MAX_PIXELS, Long.toString(maxPixels));
        }
        return orientation == null ? config : config.with(TrainOption.EXIF_ORIENTATION, orientation.key());
    }
}
