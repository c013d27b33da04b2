package dev.kinglet.toolkit;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.LabelFile;
import dev.kinglet.train.options.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The labeled images of a run. */
public final class TrainingData {
    private TrainingData() {}

    /**
     * Opens the data that a configuration names, with its split and class names.
     *
     * @throws IllegalArgumentException if the data does not have what the configuration asks for
     * @throws IOException if the data cannot be read
     */
    public static DataSource open(TrainConfig config) throws IOException {
        DataOptions options = config.dataOptions();
        if (config.data().labels().isPresent()) {
            options = options.withLabels(LabelFile.read(config.data().labels().get()));
        } else if (config.data().lists().areGiven() && config.model().numClasses().isPresent()) {
            // more than the lists mention
            options = options.withLabels(IntStream.range(0, config.model().numClasses().getAsInt())
                    .mapToObj(Integer::toString)
                    .toList());
        }
        DataSource source = DataSource.open(config.data().path(), options);
        if (config.data().labels().isPresent()) {
            requireNumbered(source, config.data().path());
        }
        return source;
    }

    /**
     * Checks that a file of class names is of use.
     *
     * @throws IllegalArgumentException if the data names its classes itself
     */
    public static void requireNumbered(DataSource source, Path data) {
        if (!source.numbersClasses()) {
            throw new IllegalArgumentException(
                    "--labels names the classes of lists and shards, but " + data + " names its own; leave it out");
        }
    }
}
