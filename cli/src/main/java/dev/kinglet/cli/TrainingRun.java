package dev.kinglet.cli;

import dev.kinglet.data.CachedDataset;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.ImageCache;
import dev.kinglet.data.LabelFile;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.torch.TorchRuntime;
import dev.kinglet.train.DivergedException;
import dev.kinglet.train.Trainer;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.Augmentation;
import dev.kinglet.train.options.Caching;
import dev.kinglet.train.options.ClassBalance;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run with all that it needs: data, a network on libtorch, the loop. Owns native memory until closed. */
final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");
    private static final int HEAP_SHARE = 3; // of the heap, one part for decoded images
    private static final int DISK_SHARE = 2; // of what is free, one part for them
    private static final int MEBIBYTE = 20; // bits

    private final RunFolder folder;
    private final TorchLearner learner;
    private final Optional<ImageCache> cache;
    private final Trainer trainer;
    private final boolean resumed;

    private TrainingRun(
            RunFolder folder, DataSource data, TorchLearner learner, boolean resumed, TrainingListener listener)
            throws IOException {
        this.folder = folder;
        this.learner = learner;
        this.resumed = resumed;
        this.cache = cache(folder);
        this.trainer = new Trainer(
                folder,
                learner,
                folder.config().augmentation().decoding() == Augmentation.Decoding.FULL
                        ? cached(data.train())
                        : data.train(), // it would have to be decoded in full size to be kept
                cached(data.validation()),
                Map.of(Card.VERSION, Version.kinglet(), Card.DATASET_DIGEST, data.digest()),
                listener);
    }

    /**
     * A new run. Its folder is made last, when nothing of what it was told can be wrong any more.
     *
     * @throws IllegalArgumentException if the data does not have what the configuration asks for, or the network does not
     *     fit the images
     * @throws IOException if the data cannot be used or the folder cannot be written
     */
    static TrainingRun begin(TrainConfig config, TrainingListener listener) throws IOException {
        requireRoom(config);
        DataSource data = open(config);
        int images = data.train().size();
        if (data.validation().size() < 1 || images < config.batchSize()) {
            throw new IllegalArgumentException("batch_size is " + config.batchSize() + ", but there are only " + images
                    + " images to train on in " + config.data() + "; take a smaller batch");
        }
        TorchLearner learner = learner(config, data, config.initialCheckpoint());
        try {
            return new TrainingRun(RunFolder.create(config, data.labels()), data, learner, false, listener);
        } catch (IOException | RuntimeException e) {
            learner.close();
            throw e;
        }
    }

    /**
     * A run that was stopped.
     *
     * @throws IOException if its data is no longer what it was
     */
    static TrainingRun resume(RunFolder folder, TrainingListener listener) throws IOException {
        requireRoom(folder.config());
        DataSource data = open(folder.config());
        if (!data.labels().equals(folder.labels())) {
            throw new IOException(folder.config().data() + " has other classes than when " + folder
                    + " was begun: then " + folder.labels() + ", now " + data.labels());
        }
        Optional<Path> initial = folder.checkpoints().isEmpty() // or else its weights come from there
                ? folder.config().initialCheckpoint()
                : Optional.empty();
        TorchLearner learner = learner(folder.config(), data, initial);
        try {
            return new TrainingRun(folder, data, learner, true, listener);
        } catch (IOException | RuntimeException e) {
            learner.close();
            throw e;
        }
    }

    private static TorchLearner learner(TrainConfig config, DataSource data, Optional<Path> initial)
            throws IOException {
        Card card = new Card(config.model(), data.labels(), config.preprocessing());
        Model model = Untrained.model(Zoo.get(config.model()), card, config.seed());
        if (initial.isPresent()) {
            WeightMatch match =
                    WeightMatch.withNewHead(model.network(), WeightFile.read(initial.get()), model.tensors());
            model = new Model(model.network(), match.tensors(), model.card());
            LOG.info(
                    "Weights of {}: {} tensors read{}",
                    initial.get(),
                    match.read().size(),
                    match.kept().isEmpty() ? "" : ", and fresh ones for " + String.join(", ", match.kept()));
        }
        LearnerSettings settings = config.learnerSettings();
        return TorchLearner.of(
                model,
                config.classBalance() == ClassBalance.WEIGHTS
                        ? settings.withClassWeights(ClassBalance.weights(data.train()))
                        : settings);
    }

    /** The recipe of a network's authors, as options. */
    static TrainOptions recipeOf(Variant variant) {
        TrainOptions options = TrainOptions.none();
        for (Map.Entry<String, String> option : variant.published().recipe().entrySet()) {
            options = options.with(TrainOption.of(option.getKey()), option.getValue());
        }
        return options;
    }

    /** What a network's authors feed it, as options. */
    static TrainOptions inputOf(Variant variant) {
        Preprocessing preprocessing = variant.preprocessing();
        return TrainOptions.none()
                .with(TrainOption.IMG_SIZE, Integer.toString(preprocessing.inputSize()))
                .with(TrainOption.CROP_PCT, Double.toString(preprocessing.cropPct()))
                .with(TrainOption.INTERPOLATION, preprocessing.interpolation().key())
                .with(TrainOption.MEAN, commas(preprocessing.mean()))
                .with(TrainOption.STD, commas(preprocessing.std()))
                .with(TrainOption.EXIF_ORIENTATION, preprocessing.orientation().key());
    }

    /** The data a run was told of. */
    static DataSource open(TrainConfig config) throws IOException {
        DataOptions options = config.dataOptions();
        if (config.labels().isPresent()) {
            options = options.withLabels(LabelFile.read(config.labels().get()));
        } else if (config.lists().areGiven() && config.numClasses().isPresent()) {
            // more than the lists mention
            options = options.withLabels(IntStream.range(0, config.numClasses().getAsInt())
                    .mapToObj(Integer::toString)
                    .toList());
        }
        DataSource source = DataSource.open(config.data(), options);
        if (config.labels().isPresent()) {
            requireNumbered(source, config.data());
        }
        return source;
    }

    /** @throws IllegalArgumentException if the data names its classes itself, so that a file of names has no say */
    static void requireNumbered(DataSource source, Path data) {
        if (!source.numbersClasses()) {
            throw new IllegalArgumentException(
                    "--labels names the classes of lists and shards, but " + data + " names its own; leave it out");
        }
    }

    RunFolder folder() {
        return folder;
    }

    /**
     * Trains until the last epoch, or until a stop is asked for.
     *
     * @throws DivergedException if the loss is no longer a number
     */
    TrainingResult train() throws IOException, DivergedException {
        LOG.info("{}", TorchRuntime.description());
        return resumed ? trainer.resume() : trainer.train();
    }

    /** Asks for the end, with a checkpoint; from any thread. */
    void requestStop() {
        trainer.requestStop();
    }

    /** One for all of a run's images: those it trains on are read first, and have the room first. */
    private static Optional<ImageCache> cache(RunFolder run) throws IOException {
        TrainConfig config = run.config();
        return switch (config.cache()) {
            case NONE -> Optional.empty();
            case RAM ->
                Optional.of(
                        ImageCache.inMemory(room(config, Runtime.getRuntime().maxMemory() / HEAP_SHARE)));
            case DISK -> {
                long free = Files.getFileStore(run.folder()).getUsableSpace();
                yield Optional.of(ImageCache.onDisk(run.folder(), room(config, free / DISK_SHARE)));
            }
        };
    }

    private static long room(TrainConfig config, long standard) {
        return config.cacheSize().isPresent() ? (long) config.cacheSize().getAsInt() << MEBIBYTE : standard;
    }

    /** @throws IllegalArgumentException if the heap does not have the room that the run is to keep images in */
    private static void requireRoom(TrainConfig config) {
        long heap = Runtime.getRuntime().maxMemory() >> MEBIBYTE;
        long most = heap - heap / HEAP_SHARE;
        if (config.cache() == Caching.RAM
                && config.cacheSize().isPresent()
                && config.cacheSize().getAsInt() > most) {
            throw new IllegalArgumentException("cache_size is "
                    + config.cacheSize().getAsInt()
                    + " MiB, and a cache may take " + most + " of the " + heap + " MiB of Java's heap; take less,"
                    + " --cache disk, or a larger heap (JAVA_TOOL_OPTIONS=-Xmx8g)");
        }
    }

    private Dataset cached(Dataset images) {
        return images.isInMemory() || cache.isEmpty() ? images : new CachedDataset(images, cache.get());
    }

    private static String commas(List<Double> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    @Override
    public void close() throws IOException {
        learner.close();
        if (cache.isPresent()) {
            cache.get().close();
        }
    }
}
