package dev.kinglet.cli.data;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.ListFiles;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that say which images the commands of {@code data} look at. */
final class DataChoice {
    @Parameters(paramLabel = "DIR", description = "Folder or archive of labeled images.")
    private Path data = Path.of("");

    @Option(
            names = "--split",
            paramLabel = "NAME",
            description = "Validation split: the name of a folder, or 'all' images of one folder of classes"
                    + " (default: val, valid or validation, or else test).")
    private @Nullable String split;

    @Option(
            names = "--val-every",
            paramLabel = "N",
            description = "Validation split of one folder of classes: every Nth image of each class, from the first.")
    private @Nullable Integer valEvery;

    @Option(
            names = "--cls-label-path-train",
            paramLabel = "LIST",
            description = "File that lists the training images: one 'path label' per line, paths relative to DIR.")
    private @Nullable Path train;

    @Option(
            names = "--cls-label-path-val",
            paramLabel = "LIST",
            description = "File that lists the validation images in the same way.")
    private @Nullable Path validation;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "Class names for lists or shards, one per line (default: the class numbers).")
    private @Nullable Path labels;

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
        DataOptions options = DataOptions.defaults()
                .withDecoder(new ImageDecoder(ImageLimits.defaults().withMaxPixels(maxPixels)))
                .withLists(new ListFiles(Optional.ofNullable(train), Optional.ofNullable(validation)));
        if (split != null) {
            options = options.withSplit(split);
        }
        if (valEvery != null) {
            options = options.withValEvery(valEvery);
        }
        return labels == null ? DataSource.open(data, options) : DataSource.open(data, options, labels);
    }
}
