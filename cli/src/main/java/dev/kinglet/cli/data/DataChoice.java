package dev.kinglet.cli.data;

import dev.kinglet.cli.console.SplitChoice;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that say which images the commands of {@code data} look at. */
final class DataChoice {
    @Parameters(paramLabel = "DIR", description = "Folder or archive of labeled images.")
    private Path data = Path.of("");

    @Mixin
    private SplitChoice validation = new SplitChoice();

    @Option(
            names = "--cls-label-path-train",
            paramLabel = "LIST",
            description = "File that lists the training images: one 'path label' per line, paths relative to DIR.")
    private @Nullable Path train;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "Images of more pixels count as unreadable (default: ${DEFAULT-VALUE}).")
    private long maxPixels = ImageLimits.defaults().maxPixels();

    Path data() {
        return data;
    }

    /** Finds the images. */
    DataSource open() throws IOException {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults().withMaxPixels(maxPixels));
        return validation.open(data, DataOptions.defaults().withDecoder(decoder), train);
    }
}
