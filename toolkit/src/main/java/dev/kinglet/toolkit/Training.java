package dev.kinglet.toolkit;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.base.OptionNames;
import dev.kinglet.base.Plural;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.ImageCache;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Tensors;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.torch.TorchRuntime;
import dev.kinglet.train.DivergedException;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.Caching;
import dev.kinglet.train.options.ClassBalance;
import dev.kinglet.train.options.DataSettings;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Precision;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.train.run.Trainer;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.weights.WeightsException;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training run: data, a network on libtorch and the loop, put together from a configuration.
 *
 * <pre>{@code
 * TrainingResult result = Training.of(config).listener(progress).run();
 * }</pre>
 *
 * <p>{@link #run} works on the calling thread and frees all native memory before it returns; {@link #requestStop} may be
 * called from any thread, before or during it. A training runs once; several may follow one another in one JVM.
 */
public final class Training {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");
    private static final int HEAP_PARTS = 3; // of which decoded images may take one
    private static final int DISK_PARTS = 2; // of the free space, of which they may take one

    private final TrainConfig config;
    private final @Nullable RunFolder resumed; // null: a new run
    private TrainingListener listener = TrainingListener.NONE;
    private @Nullable Function<Card, Model> untrained; // null: the zoo's
    private @Nullable Trainer trainer; // once there is one
    private boolean started;
    private boolean stopRequested;

    private Training(TrainConfig config, @Nullable RunFolder resumed) {
        this.config = config;
        this.resumed = resumed;
    }

    /** A new run. */
    public static Training of(TrainConfig config) {
        return new Training(config, null);
    }

    /** The rest of a run that was stopped, from its newest checkpoint that is sound. */
    public static Training resume(RunFolder run) {
        return new Training(run.config(), run);
    }

    /**
     * The same of the run in a folder.
     *
     * @throws IOException if the folder is not one of a run
     */
    public static Training resume(Path run) throws IOException {
        return resume(RunFolder.open(run));
    }

    /** Notifies {@code progress} of the run's events; replaces the listener of an earlier call. */
    public Training listener(TrainingListener progress) {
        this.listener = progress;
        return this;
    }

    /**
     * Trains a network that is not of the zoo.
     *
     * @param network makes it, with its weights before the first step, for the card with the classes of the data; it is
     *     given to a resumed run again
     */
    public Training network(Function<Card, Model> network) {
        this.untrained = network;
        return this;
    }

    /**
     * Trains until the last epoch, or until a stop is requested. The folder of a new run is created last, when nothing in
     * the configuration can be wrong any more.
     *
     * @throws IllegalArgumentException if the data does not have what the configuration asks for, or the network does not
     *     fit the images
     * @throws IOException if the data cannot be used, is not what the run was begun with, or the run cannot be written
     * @throws DivergedException if the loss is no longer a number
     * @throws CancellationException if a stop was requested before the run began, so that nothing was written
     */
    public TrainingResult run() throws IOException, DivergedException {
        DataSource data = open();
        Images images = Images.of(data, config.data().limits());
        checkStop();
        if (resumed == null) {
            requireBatch(images);
        } else {
            requireSameClasses(resumed, data);
        }
        try (TorchLearner learner = learner(data.labels(), images.train)) {
            checkStop();
            Trainer.requireBatch(config, learner);
            RunFolder folder = resumed == null ? RunFolder.create(decided(data), data.labels()) : resumed;
            Optional<ImageCache> cache = cache(folder);
            try {
                return train(folder, images, data.digest(), learner, cache);
            } finally {
                if (cache.isPresent()) {
                    cache.get().close();
                }
            }
        }
    }

    /**
     * The run that {@link #run} would make, without making it: data and network are opened and checked, and some steps are
     * timed on the first images with weights that are thrown away. Writes nothing.
     *
     * @throws IllegalArgumentException as {@link #run}
     * @throws IOException as there
     * @throws InterruptedException if the thread is interrupted while it waits for images
     * @throws CancellationException if a stop is requested before it is done
     */
    public TrainingPlan plan() throws IOException, InterruptedException {
        DataSource data = open();
        Images images = Images.of(data, config.data().limits());
        checkStop();
        requireBatch(images);
        try (TorchLearner learner = learner(data.labels(), images.train)) {
            Trainer.requireBatch(config, learner);
            return TrainingPlan.of(
                    decided(data), data.labels(), images.train, images.validation, learner, this::checkStop);
        }
    }

    /** The configuration with the validation split that the layout chose: a resumed run keeps it, whatever folders come. */
    private TrainConfig decided(DataSource data) {
        Optional<String> split = data.options().split();
        return split.isEmpty() || config.data().split().isPresent()
                ? config
                : config.with(config.data().withSplit(split.get()));
    }

    /** The data, once all that can be wrong without it is known not to be. */
    private DataSource open() throws IOException {
        start();
        Machine.limitNativeMemory();
        config.preprocessing().requireScaleOfOne();
        requireRoom(config);
        if (config.data().lists().validation().isPresent()
                && config.data().lists().train().isEmpty()) {
            throw new IllegalArgumentException(OptionNames.quoted(TrainOption.CLS_LABEL_PATH_TRAIN.key())
                    + " is missing: the list of the training images, beside that of the validation images");
        }
        if (config.machine().computeThreads() > Machine.processors()) {
            LOG.warn(
                    "{} threads are slower than {} on {}",
                    config.machine().computeThreads(),
                    Machine.processors(),
                    Plural.of(Machine.processors(), "processor"));
        }
        Optional<String> recipe = config.model().recipe();
        if (config.model().initialCheckpoint().isEmpty()
                && Recipe.all().stream()
                        .filter(Recipe::needsWeights)
                        .anyMatch(known -> recipe.filter(known.name()::equals).isPresent())) {
            LOG.warn(
                    "Recipe {} begins with trained weights, and none are given: --initial-checkpoint or --pretrained"
                            + " names them",
                    recipe.orElseThrow());
        }
        DataSource data = TrainingData.open(config);
        config.model().requireClasses(data.labels().size());
        return data;
    }

    private synchronized void start() {
        if (started) {
            throw new IllegalStateException("a training runs once; make another to train again");
        }
        started = true;
    }

    /** The images that are used. */
    private record Images(Dataset train, Dataset validation) {
        static Images of(DataSource data, DataSettings.Limits limits) {
            return new Images(
                    Subset.of(data.train(), limits.train()), Subset.of(data.validation(), limits.validation()));
        }
    }

    private TrainingResult train(
            RunFolder folder, Images images, String digest, TorchLearner learner, Optional<ImageCache> cache)
            throws IOException, DivergedException {
        boolean decodesInFull =
                config.augmentation().crop().decoding() == Augmentation.Decoding.FULL; // as a cache keeps images
        Trainer created = new Trainer(
                folder,
                learner,
                decodesInFull ? cached(images.train, cache) : images.train,
                cached(images.validation, cache),
                Map.of(Card.VERSION, KingletVersion.current(), Card.DATASET_DIGEST, digest),
                listener);
        if (untrained == null) { // the command line knows no other networks
            folder.config().repeatCommand(Recipes::config).ifPresent(created::repeatCommand);
        }
        LOG.info("{}", TorchRuntime.description());
        synchronized (this) {
            trainer = created;
            if (stopRequested) {
                created.requestStop();
            }
        }
        return resumed == null ? created.train() : created.resume();
    }

    /**
     * Asks for the end: {@link #run} returns after the step that is running, with a checkpoint written; where the loop has
     * not begun yet it throws {@link CancellationException}, as {@link #plan} does. From any thread.
     */
    public synchronized void requestStop() {
        stopRequested = true;
        if (trainer != null) {
            trainer.requestStop();
        }
    }

    private synchronized void checkStop() {
        if (stopRequested) {
            throw new CancellationException("stopped before the run began; nothing was written");
        }
    }

    private void requireBatch(Images images) {
        if (images.validation.size() < 1
                || images.train.size() < config.schedule().batchSize()) {
            throw new IllegalArgumentException(
                    "batch_size is " + config.schedule().batchSize() + ", but there "
                            + (images.train.size() == 1 ? "is" : "are") + " only "
                            + Plural.of(images.train.size(), "image") + " to train on in "
                            + config.data().path() + "; take a smaller batch");
        }
    }

    private static void requireSameClasses(RunFolder run, DataSource data) throws IOException {
        if (!data.labels().equals(run.labels())) {
            throw new IOException(run.config().data().path() + " has other classes than when " + run
                    + " was begun: then " + run.labels() + ", now " + data.labels());
        }
    }

    private TorchLearner learner(List<String> labels, Dataset train) throws IOException {
        Card card = new Card(config.model().name(), labels, config.preprocessing());
        Model model = untrained == null
                ? Untrained.model(
                        Zoo.get(config.model().name()), card, config.run().seed())
                : untrained.apply(card);
        if (config.model().zeroInitResidual()) {
            Tensors zeroed = Initialization.zeroInitResidual(model.network(), model.tensors());
            model = new Model(model.network(), zeroed, model.card());
        }
        boolean hasCheckpoint = resumed != null && !resumed.checkpoints().isEmpty(); // its weights replace all others
        if (config.model().initialCheckpoint().isPresent() && !hasCheckpoint) {
            model = initialized(model, config.model().initialCheckpoint().get());
        }
        LearnerSettings settings = config.learnerSettings();
        if (config.model().whiten()) {
            Layer first = Whitening.convolution(model.network());
            if (config.model().initialCheckpoint().isEmpty() && !hasCheckpoint) {
                model = Whitening.of(first, config, train, this::checkStop).whitened(model);
            }
            settings = settings.withFixed(Set.of(first.nameOf("weight")));
        }
        if (config.data().classBalance() == ClassBalance.WEIGHTS) {
            settings = settings.withClassWeights(ClassBalance.weights(train));
        }
        String speed = config.machine().precision() == Precision.FLOAT32 ? "" : speed(model, settings);
        TorchLearner learner = TorchLearner.of(model, settings);
        if (!speed.isEmpty()) {
            learner.note(speed);
        }
        return learner;
    }

    /** How steps in the run's number format compare with those in float32 on this machine. */
    private String speed(Model model, LearnerSettings settings) {
        String precision = config.machine().precision().key();
        double speedup = TorchLearner.speedup(model, settings, config.schedule().batchSize());
        return String.format(
                Locale.ROOT,
                "Steps in %s are %.2f times as fast as in float32 on this machine%s",
                precision,
                speedup,
                speedup < 1 ? ": slower, so leave out --amp" : "");
    }

    /** The model with the weights of a run's folder or of a file; where its classes are others, the head keeps its own. */
    private static Model initialized(Model model, Path source) throws IOException {
        Path path = Runs.resolve(source);
        Path weights = RunFolder.isRun(path) ? RunFolder.open(path).bestWeights() : path;
        WeightFile content = WeightFile.read(weights);
        WeightMatch match = WeightMatch.withNewHead(model.network(), content, model.tensors());
        Tensors tensors;
        try {
            tensors = match.tensorsDespiteUnexpected();
        } catch (WeightsException e) {
            String advice = WeightAdvice.otherNetworks(
                    model.card().model(), model.network().classes(), content);
            throw advice.isEmpty() ? e : new IOException(e.getMessage() + advice, e);
        }
        LOG.info(
                "Weights of {}: {} tensors read{}{}",
                weights,
                match.read().size(),
                match.kept().isEmpty() ? "" : ", and randomly initialized ones for " + String.join(", ", match.kept()),
                match.unexpected().isEmpty() ? "" : ", " + match.unexpected().size() + " of the file not used");
        return new Model(model.network(), tensors, model.card());
    }

    /** One for all of a run's images: those it trains on are read first, and have the room first. */
    private static Optional<ImageCache> cache(RunFolder run) throws IOException {
        TrainConfig config = run.config();
        return switch (config.machine().cache()) {
            case NONE -> Optional.empty();
            case RAM ->
                Optional.of(
                        ImageCache.inMemory(room(config, Runtime.getRuntime().maxMemory() / HEAP_PARTS)));
            case DISK -> {
                long free = Files.getFileStore(run.folder()).getUsableSpace();
                yield Optional.of(ImageCache.onDisk(run.folder(), room(config, free / DISK_PARTS)));
            }
        };
    }

    private static long room(TrainConfig config, long byDefault) {
        return config.machine().cacheSize().isPresent()
                ? config.machine().cacheSize().getAsInt() * ByteSize.MIB
                : byDefault;
    }

    /** @throws IllegalArgumentException if the heap does not have the room that the run is to keep images in */
    private static void requireRoom(TrainConfig config) {
        long heap = Runtime.getRuntime().maxMemory() / ByteSize.MIB;
        long limit = heap - heap / HEAP_PARTS;
        if (config.machine().cache() == Caching.RAM
                && config.machine().cacheSize().isPresent()
                && config.machine().cacheSize().getAsInt() > limit) {
            throw new IllegalArgumentException("cache_size is "
                    + config.machine().cacheSize().getAsInt()
                    + " MiB, and a cache may take " + limit + " of the " + heap + " MiB of Java's heap; take less,"
                    + " --cache disk, or a larger heap (JAVA_TOOL_OPTIONS=-Xmx8g)");
        }
    }

    private static Dataset cached(Dataset images, Optional<ImageCache> cache) {
        return images.isInMemory() || cache.isEmpty() ? images : cache.get().over(images);
    }
}
