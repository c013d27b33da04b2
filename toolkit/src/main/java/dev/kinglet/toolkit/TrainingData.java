package dev.kinglet.toolkit;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Plural;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.DataSurvey;
import dev.kinglet.network.Card;
import dev.kinglet.toolkit.embedding.NearDuplicates;
import dev.kinglet.train.options.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The labeled images of a run. */
public final class TrainingData {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");

    private static final int MAX_READ = 1024; // MiB
    private static final int NAMED = 3; // pairs of images in a line

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

    /**
     * What is wrong with a split into training and validation images, a line each for a log: validation images that are training
     * images too. It reads at most {@value #MAX_READ} MiB for images that are the same byte for byte; near duplicates are
     * searched for where the configuration says so.
     *
     * @param perImage called by several threads after each image or some; an exception from it ends the search
     */
    static List<String> leaks(DataSource source, TrainConfig config, Runnable perImage) throws IOException {
        Path path = config.data().path();
        List<String> warnings = new ArrayList<>();
        DataSurvey.Leaks same = DataSurvey.leaks(source, MAX_READ * ByteSize.MIB, perImage);
        if (!same.isComplete()) {
            LOG.info(
                    "{}: not searched for validation images that are training images too: {} would have to be read, of at most"
                            + " {} MiB; kinglet data info does it",
                    path,
                    ByteSize.wholeMib(same.bytes()),
                    MAX_READ);
        }
        if (!same.found().isEmpty()) {
            warnings.add(leak(same.found().size(), "the same, byte for byte, as", some(same.found())));
        }
        if (config.data().nearDuplicates()) {
            LOG.info("{}: comparing every image with every other for near duplicates", path);
            try {
                NearDuplicates near = NearDuplicates.of(
                        source,
                        NearDuplicates.Features.thumbnails(perImage),
                        NearDuplicates.THUMBNAIL_THRESHOLD,
                        perImage);
                List<NearDuplicates.Pair> pairs = near.acrossSplits();
                if (!pairs.isEmpty()) {
                    int images = (int) pairs.stream()
                            .map(NearDuplicates.Pair::second)
                            .distinct()
                            .count();
                    String measure = String.format(Locale.ROOT, " (similarity %.2f and more)", near.threshold());
                    warnings.add(leak(images, "nearly the same" + measure + " as", some(pairs)));
                }
            } catch (IllegalArgumentException e) { // too many to list
                warnings.add("Validation images may be nearly the same as training images: " + e.getMessage());
            }
        }
        return warnings;
    }

    private static String leak(int images, String relation, String pairs) {
        return Plural.of(images, "validation image") + (images == 1 ? " is " : " are ") + relation + " "
                + (images == 1 ? "a training image" : "training images")
                + ", so the validation accuracy will be too high: " + pairs
                + ". kinglet data info --near-duplicates names all; remove one of each, or take it out of the lists that"
                + " kinglet data split writes";
    }

    private static String some(List<?> pairs) {
        String some = pairs.stream().limit(NAMED).map(Object::toString).collect(Collectors.joining(", "));
        return pairs.size() > NAMED ? some + " and " + (pairs.size() - NAMED) + " more" : some;
    }

    /** Options for data that only numbers its classes: a network's, in the order of its outputs, without a background. */
    public static DataOptions optionsFor(Card card) {
        List<String> classes = new ArrayList<>(card.labels());
        card.background().ifPresent(classes::remove);
        return DataOptions.defaults().withLabels(classes);
    }
}
