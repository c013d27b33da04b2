package dev.kinglet.cli.console;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.ListFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which images are in the validation split. */
public final class SplitChoice {
    @Option(
            names = "--split",
            paramLabel = "NAME",
            description = "Validation split: the name of a folder, or 'all' for every image of one folder of classes"
                    + " (default: val, valid or validation, or else test).")
    private @Nullable String split;

    @Option(
            names = "--val-every",
            paramLabel = "N",
            description = "Validation split of one folder of classes: every Nth image of each class, from the first.")
    private @Nullable Integer valEvery;

    @Option(
            names = "--cls-label-path-val",
            paramLabel = "LIST",
            description =
                    "File that lists the validation images: one 'path label' per line, paths relative to the data's"
                            + " folder, labels as indices of the classes, without a background class.")
    private @Nullable Path list;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description =
                    "Class names of a list or of shards, one per line (default: the network's own, or the numbers).")
    private @Nullable Path labels;

    /** Whether one of the options is given. */
    public boolean isGiven() {
        return split != null || valEvery != null || list != null || labels != null;
    }

    /**
     * Finds the images.
     *
     * @param train list of the training images; null for none
     */
    public DataSource open(Path data, DataOptions defaults, @Nullable Path train) throws IOException {
        DataOptions options = defaults.withLists(new ListFiles(Optional.ofNullable(train), Optional.ofNullable(list)));
        if (split != null) {
            options = options.withSplit(split);
        }
        if (valEvery != null) {
            options = options.withValEvery(valEvery);
        }
        return labels == null ? DataSource.open(data, options) : DataSource.open(data, options, labels);
    }
}
