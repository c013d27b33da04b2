package dev.kinglet.toolkit;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.network.Card;
import dev.kinglet.train.options.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The labeled images of a run. */
public final class TrainingData {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");

    private TrainingData() {}

    /**
     * Opens the data that a configuration names, with its split and class names.
     *
     * @throws IllegalArgumentException if the data does not have what the configuration asks for
     * @throws IOException if the data cannot be read
     */
    public static DataSource open(TrainConfig config) throws IOException {
        DataOptions options = config.dataOptions();
        Optional<Path> labels = config.data().labels();
        if (labels.isEmpty()
                && config.data().lists().areGiven()
                && config.model().numClasses().isPresent()) {
            // more than the lists mention
            options = options.withLabels(
                    IntStream.range(0, config.model().numClasses().getAsInt())
                            .mapToObj(Integer::toString)
                            .toList());
        }
        Path path = config.data().path();
        DataSource source =
                labels.isPresent() ? DataSource.open(path, options, labels.get()) : DataSource.open(path, options);
        source.remarks().forEach(remark -> LOG.info("{}: {}", path, remark));
        return source;
    }

    /** Options for data that only numbers its classes: a network's, in the order of its outputs, without a background. */
    public static DataOptions optionsFor(Card card) {
        List<String> classes = new ArrayList<>(card.labels());
        card.background().ifPresent(classes::remove);
        return DataOptions.defaults().withLabels(classes);
    }
}
