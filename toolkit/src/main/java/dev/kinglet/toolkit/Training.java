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
import dev.kinglet.torch.GlooProcessGroup;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.torch.TorchRuntime;
import dev.kinglet.train.DivergedException;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.distributed.Rendezvous;
import dev.kinglet.train.options.Caching;
import dev.kinglet.train.options.ClassBalance;
import dev.kinglet.train.options.DataSettings;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Precision;
import dev.kinglet.train.options.Recipe;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import dev.kinglet.train.run.Trainer;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.weights.WeightsException;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
 * <p>Several processes train one network together if each has a {@link #rendezvous}. Rank 0 has the configuration, and writes the
 * run's folder; the others {@link #join} it:
 *
 * <pre>{@code
 * Rendezvous rendezvous = Rendezvous.of(rank, ranks, "10.0.0.1", 29500);
 * Training training = rank == 0 ? Training.of(config).rendezvous(rendezvous) : Training.join(rendezvous, TrainOptions.none());
 * }</pre>
 *
 * <p>{@link #run} works on the calling thread and frees all native memory before it returns; {@link #requestStop} may be
 * called from any thread, before or during it. A training runs once; several may follow one another in one JVM.
 */
public final class Training {
    private static final Logger LOG = LoggerFactory.getLogger("dev.kinglet.train");
    private static final int HEAP_PARTS = 3; // of which decoded images may take one
    private static final int DISK_PARTS = 2; // of the free space, of which they may take one

    private static final Set<TrainOption> OWN = // of each process
            Set.of(TrainOption.WORKERS, TrainOption.THREADS, TrainOption.CACHE, TrainOption.CACHE_SIZE);

    private final TrainOptions own; // of a process that joins another's run
    private @Nullable TrainConfig known; // null: rank 0 has it
    private @Nullable RunFolder resumed; // null: a new run
    private Optional<Rendezvous> rendezvous = Optional.empty();
    private ProcessGroup group = ProcessGroup.ALONE;
    private TrainingListener listener = TrainingListener.NONE;
    private @Nullable Function<Card, Model> untrained; // null: the zoo's
    private @Nullable Trainer trainer; // once there is one
    private boolean started;
    private boolean stopRequested;

    private Training(@Nullable TrainConfig config, @Nullable RunFolder resumed, TrainOptions own) {
        this.known = config;
        this.resumed = resumed;
        this.own = own;
    }

    /** A new run. */
    public static Training of(TrainConfig config) {
        return new Training(config, null, TrainOptions.none());
    }

    /** The rest of a run that was stopped, from its newest checkpoint that is sound. */
    public static Training resume(RunFolder run) {
        return new Training(run.config(), run, TrainOptions.none());
    }

    /**
     * The same of the run in a folder.
     *
     * @throws IOException if the folder is not one of a run
     */
    public static Training resume(Path run) throws IOException {
        return resume(RunFolder.open(run));
    }

    /**
     * The part of a process other than rank 0 in a run of several. Rank 0 says what is trained, and from which state; the data
     * must be the same in every process.
     *
     * @param own values of threads, data-loader workers and cache, where this process has others than rank 0; other options are
     *     not read
     * @throws IllegalArgumentException if this is rank 0
     */
    public static Training join(Rendezvous rendezvous, TrainOptions own) {
        if (rendezvous.rank() == 0) {
            throw new IllegalArgumentException(
                    "rank 0 joins nobody: it has the configuration; make its training of that");
        }
        return new Training(null, null, own).rendezvous(rendezvous);
    }

    /** Trains as one of several processes. */
    public Training rendezvous(Rendezvous with) {
        rendezvous = Optional.of(with);
        return this;
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
     * @throws dev.kinglet.train.distributed.RankFailedException if another process of the group has failed; the folder has the
     *     checkpoints that were written before. Native threads may go on waiting for that process for some minutes
     */
    public TrainingResult run() throws IOException, DivergedException {
        start();
        if (rendezvous.isEmpty() || rendezvous.get().worldSize() == 1) {
            return trained(open());
        }
        Rendezvous where = rendezvous.get();
        Machine.limitNativeMemory(where.localWorldSize());
        DataSource opened =
                where.rank() == 0 ? open() : null; // what is wrong with it is said before others are waited for
        try (ProcessGroup joined = GlooProcessGroup.join(where, this::isStopRequested)) {
            group = joined;
            try {
                shareConfig(where);
                return trained(opened == null ? open() : opened);
            } catch (UncheckedIOException e) {
                IOException cause = e.getCause() == null ? new IOException(e) : e.getCause();
                group.fail(String.valueOf(cause.getMessage()));
                throw cause;
            } catch (IOException | DivergedException | RuntimeException | Error e) {
                group.fail(String.valueOf(e.getMessage()));
                throw e;
            }
        }
    }

    /** Gives every process rank 0's configuration, and each its part of its machine's processors. */
    private void shareConfig(Rendezvous where) throws IOException {
        byte[] yaml =
                group.isFirst() ? TrainOptions.of(config()).toYaml().getBytes(StandardCharsets.UTF_8) : new byte[0];
        yaml = group.broadcast(yaml);
        if (!group.isFirst()) {
            TrainOptions mine = TrainOptions.none();
            for (TrainOption option : OWN) {
                Optional<String> value = own.get(option);
                mine = value.isPresent() ? mine.with(option, value.get()) : mine;
            }
            known = TrainConfig.of(mine.over(TrainOptions.parse(new String(yaml, StandardCharsets.UTF_8))));
        }
        if (where.localWorldSize() > 1 && config().machine().threads().isEmpty()) {
            int threads = Math.max(1, Machine.processors() / where.localWorldSize());
            known = config().withThreads(threads);
            resumed = resumed == null
                    ? null
                    : resumed.resumedWith(TrainOptions.none().with(TrainOption.THREADS, Integer.toString(threads)));
        }
    }

    private TrainConfig config() {
        return Objects.requireNonNull(known, "rank 0 has not said what is trained");
    }

    private TrainingResult trained(DataSource data) throws IOException, DivergedException {
        TrainConfig config = config();
        Images images = Images.of(data, config.data().limits());
        checkStop();
        RunFolder begun = resumed;
        if (begun == null) {
            requireBatch(images);
        } else {
            requireSameClasses(begun, data);
        }
        requireSameData(data);
        List<String> leaks = begun == null && group.isFirst() ? leaks(data) : List.of(); // a resumed run has said so
        try (TorchLearner learner = learner(data.labels(), images.train)) {
            checkStop();
            Trainer.requireBatch(config, learner);
            RunFolder folder = begun == null ? newFolder(data) : begun;
            Optional<ImageCache> cache = cache(folder);
            try {
                return train(folder, images, data.digest(), leaks, learner, cache);
            } finally {
                if (cache.isPresent()) {
                    cache.get().close();
                }
            }
        }
    }

    private List<String> leaks(DataSource data) throws IOException {
        try {
            return TrainingData.leaks(data, config(), () -> {
                group.progress(); // the other processes wait for this one
                checkStop();
            });
        } catch (CancellationException e) {
            checkStop(); // says why: what a thread of a pool throws comes without its message
            throw e;
        }
    }

    private RunFolder newFolder(DataSource data) throws IOException {
        return group.isFirst()
                ? RunFolder.create(decided(data), data.labels())
                : RunFolder.ofAnotherProcess(decided(data), data.labels());
    }

    /** Each process reads the images for itself, and would train on others without noticing. */
    private void requireSameData(DataSource data) throws IOException {
        String text = data.digest() + "\n" + String.join("\n", data.labels());
        String first = new String(group.broadcast(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
        if (!text.equals(first)) {
            throw new IOException("the images in " + config().data().path() + " of rank " + group.rank()
                    + " are not those that rank 0 has there; every rank needs the same");
        }
        group.sum(new double[1]); // nobody goes on before all have found it so
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
        start();
        DataSource data = open();
        Images images = Images.of(data, config().data().limits());
        checkStop();
        requireBatch(images);
        try (TorchLearner learner = learner(data.labels(), images.train)) {
            Trainer.requireBatch(config(), learner);
            return TrainingPlan.of(
                    decided(data), data.labels(), images.train, images.validation, learner, this::checkStop);
        }
    }

    /** The configuration with the validation split that the layout chose: a resumed run keeps it, whatever folders come. */
    private TrainConfig decided(DataSource data) {
        TrainConfig config = config();
        Optional<String> split = data.options().split();
        return split.isEmpty() || config.data().split().isPresent()
                ? config
                : config.with(config.data().withSplit(split.get()));
    }

    /** The data, once all that can be wrong without it is known not to be. */
    private DataSource open() throws IOException {
        TrainConfig config = config();
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
            RunFolder folder,
            Images images,
            String digest,
            List<String> leaks,
            TorchLearner learner,
            Optional<ImageCache> cache)
            throws IOException, DivergedException {
        boolean decodesInFull =
                config().augmentation().crop().decoding() == Augmentation.Decoding.FULL; // as a cache keeps images
        Trainer created = new Trainer(
                folder,
                learner,
                decodesInFull ? cached(images.train, cache) : images.train,
                cached(images.validation, cache),
                Map.of(Card.VERSION, KingletVersion.current(), Card.DATASET_DIGEST, digest),
                listener,
                group);
        created.warnings(leaks);
        if (untrained == null) { // the command line knows no other networks
            String several = group.size() == 1 ? "" : " --nproc " + group.size();
            folder.config().repeatCommand(Recipes::config).ifPresent(line -> created.repeatCommand(line + several));
        }
        if (group.isFirst()) {
            LOG.info("{}", TorchRuntime.description());
        }
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

    private synchronized boolean isStopRequested() {
        return stopRequested;
    }

    private synchronized void checkStop() {
        if (stopRequested) {
            throw new CancellationException("stopped before the run began; nothing was written");
        }
    }

    private void requireBatch(Images images) {
        TrainConfig config = config();
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
        TrainConfig config = config();
        Card card = new Card(config.model().name(), labels, config.preprocessing());
        Model model = untrained == null
                ? Untrained.model(
                        Zoo.get(config.model().name()), card, config.run().seed())
                : untrained.apply(card);
        if (config.model().zeroInitResidual()) {
            Tensors zeroed = Initialization.zeroInitResidual(model.network(), model.tensors());
            model = new Model(model.network(), zeroed, model.card());
        }
        boolean hasCheckpoint = !group.isFirst() // rank 0's weights, or those of a checkpoint, replace all others
                || (resumed != null && !resumed.checkpoints().isEmpty());
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
        boolean isCompared = config.machine().precision() != Precision.FLOAT32 && group.isFirst();
        String speed = isCompared ? speed(model, settings) : "";
        TorchLearner learner = TorchLearner.of(model, settings, group);
        if (!speed.isEmpty()) {
            learner.note(speed);
        }
        return learner;
    }

    /** How steps in the run's number format compare with those in float32 on this machine. */
    private String speed(Model model, LearnerSettings settings) {
        String precision = config().machine().precision().key();
        double speedup =
                TorchLearner.speedup(model, settings, config().schedule().batchSize());
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
    private Optional<ImageCache> cache(RunFolder run) throws IOException {
        TrainConfig config = run.config();
        Path folder = group.isFirst() ? run.folder() : Path.of(System.getProperty("java.io.tmpdir"));
        return switch (config.machine().cache()) {
            case NONE -> Optional.empty();
            case RAM ->
                Optional.of(
                        ImageCache.inMemory(room(config, Runtime.getRuntime().maxMemory() / HEAP_PARTS)));
            case DISK -> {
                long free = Files.getFileStore(folder).getUsableSpace();
                yield Optional.of(ImageCache.onDisk(folder, room(config, free / DISK_PARTS)));
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
