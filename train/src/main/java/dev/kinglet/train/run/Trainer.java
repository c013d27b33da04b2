package dev.kinglet.train.run;

import dev.kinglet.base.Figures;
import dev.kinglet.base.Plural;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.data.LoaderSettings.Shard;
import dev.kinglet.data.SkippedImage;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.network.Card;
import dev.kinglet.network.Pruning;
import dev.kinglet.train.DivergedException;
import dev.kinglet.train.Learner;
import dev.kinglet.train.Memory;
import dev.kinglet.train.TrainingListener;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Predictions;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.train.options.Schedule;
import dev.kinglet.train.options.ScheduleSettings;
import dev.kinglet.train.options.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network into a run's folder: epochs of steps, an evaluation after each, records, weights and checkpoints.
 *
 * <p>{@link #train} and {@link #resume} run on the calling thread until the work is done; only {@link #requestStop} may
 * be called from another. A trainer is used once.
 */
public final class Trainer {
    /*
     * Order of writing. After the last step of an epoch and its evaluation, in this order: the row of results, the
     * checkpoint, the weights, the report. A kill before the checkpoint repeats the epoch, and its row is dropped; a kill
     * after it finds the state of the epoch's end in the checkpoint, and writes the weights again, which costs nothing.
     * So weights and report never stay behind the checkpoint that the run goes on from.
     */

    private static final String RESUMED = "resumed"; // what rank 0 tells the others beside its state
    private static final String RESULTS = "results";
    private static final String PROCESSES = "processes"; // in checkpoints
    private static final int MAX_SHOWN = 20; // times that images are added to the events, and at the end
    private static final int NOTABLE_ERRORS = 3; // of a top-1: no random difference
    private static final DateTimeFormatter DATE_AND_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT);

    private final RunFolder run;
    private final TrainConfig config;
    private final Learner learner;
    private final Dataset training;
    private final Dataset validation;
    private final Card card;
    private final TrainingListener listener;
    private final ProcessGroup group;
    private final ScheduleSettings schedule; // with the batches of a step of all processes
    private final Set<String> skipped = new HashSet<>();
    private @Nullable String command; // null: none is known
    private List<String> warnings = List.of(); // before the first step
    private volatile boolean stopRequested;
    private boolean interrupted; // by Thread.interrupt(), which asks to stop too

    /**
     * @param learner of the run's network, with its weights as they are before the first step; not closed
     * @param provenance what the weights' card says of their origin, by the keys of {@link Card}; the recipe and the
     *     top-1 are added here
     * @throws IllegalArgumentException if the classes of learner, data sets and run are not the same
     */
    public Trainer(
            RunFolder run,
            Learner learner,
            Dataset training,
            Dataset validation,
            Map<String, String> provenance,
            TrainingListener listener) {
        this(run, learner, training, validation, provenance, listener, ProcessGroup.ALONE);
    }

    /**
     * A trainer as one of several processes. Each takes the batches of a step in turn: a step is that of one process that
     * accumulates as many batches. The processes begin with rank 0's state, whatever their own learner has; rank 0 writes the
     * run's folder, for the others it is {@link RunFolder#ofAnotherProcess}.
     *
     * @param group that the learner is in too; not closed
     */
    public Trainer(
            RunFolder run,
            Learner learner,
            Dataset training,
            Dataset validation,
            Map<String, String> provenance,
            TrainingListener listener,
            ProcessGroup group) {
        this.run = run;
        this.group = group;
        this.config = run.config();
        this.schedule = config.schedule()
                .withAccumulation(Math.multiplyExact(config.schedule().accumulation(), group.size()));
        this.learner = learner;
        this.training = training;
        this.validation = validation;
        this.listener = listener;
        Map<String, String> origin = new LinkedHashMap<>(provenance);
        config.model().recipe().ifPresent(recipe -> origin.put(Card.RECIPE, recipe));
        this.card = new Card(config.model().name(), run.labels(), config.preprocessing(), OptionalInt.empty(), origin);
        checkClasses("training", training.labels());
        checkClasses("validation", validation.labels());
        requireBatch(config, learner);
        if (learner.classes() != run.labels().size()) {
            throw new IllegalArgumentException("the network has " + learner.classes() + " outputs, but the run has "
                    + run.labels().size() + " classes");
        }
    }

    /**
     * Shows in the report how to train so again.
     *
     * @param line a shell command
     */
    public void repeatCommand(String line) {
        command = line;
    }

    /** Has the log warn before the first step, one line each. */
    public void warnings(List<String> lines) {
        warnings = List.copyOf(lines);
    }

    /**
     * Checks that a step of the configuration's batch size trains.
     *
     * @throws IllegalArgumentException if batch normalization would see one value per channel
     */
    public static void requireBatch(TrainConfig config, Learner learner) {
        int size = config.schedule().batchSize();
        if (size < learner.minimumBatch()) {
            throw new IllegalArgumentException(
                    "batch_size is " + size + ", but " + config.model().name() + " at "
                            + Plural.of(config.preprocessing().inputSize(), "pixel") + " needs at least "
                            + learner.minimumBatch()
                            + " images per step: batch normalization cannot train on one value per channel; take a larger batch"
                            + " or larger images");
        }
    }

    private void checkClasses(String data, List<String> labels) {
        if (!labels.equals(run.labels())) {
            List<String> other = new ArrayList<>(labels);
            other.removeAll(run.labels());
            throw new IllegalArgumentException("the classes of the " + data + " data are not those of the run: "
                    + labels.size() + " instead of " + run.labels().size()
                    + (other.isEmpty() ? "" : ", among them '" + other.get(0) + "'"));
        }
    }

    /**
     * Trains from the first step on.
     *
     * @throws IllegalArgumentException if the run has been trained before
     * @throws IOException if images cannot be read or results cannot be written; what was written before stays usable
     * @throws DivergedException if a loss or the weights are no longer finite
     */
    public TrainingResult train() throws IOException, DivergedException {
        if (!run.checkpoints().isEmpty() || !run.results().isEmpty()) {
            throw new IllegalArgumentException(run + " has been trained before; resume it, or begin another run");
        }
        return session(false);
    }

    /**
     * Goes on where the newest checkpoint that is sound was made, or from the first step if there is none at all. If
     * learner and data are deterministic, the run ends with the weights it would have ended with.
     *
     * @throws IllegalArgumentException if the data does not give as many steps as when the run began
     * @throws IOException as in {@link #train}; or if there are checkpoints, and none can be used
     * @throws DivergedException if a loss or the weights are no longer finite
     */
    public TrainingResult resume() throws IOException, DivergedException {
        return session(true);
    }

    /**
     * Asks the loop to end after the step that is running; an interrupt of its thread does the same. It writes a
     * checkpoint, and returns {@link TrainingResult.Outcome#INTERRUPTED}.
     */
    public void requestStop() {
        stopRequested = true;
    }

    /** A loader of the batches that a run trains on, before they are mixed. */
    public static Loader trainingLoader(TrainConfig config, Dataset images) {
        return trainingLoader(config, images, Shard.ALL);
    }

    private static Loader trainingLoader(TrainConfig config, Dataset images, Shard shard) {
        return new Loader(
                images,
                config.augmentation().pipeline(config.preprocessing()),
                LoaderSettings.training(
                                config.schedule().batchSize(),
                                config.run().seed(),
                                config.machine().workers())
                        .withOrder(
                                switch (config.data().classBalance()) {
                                    case NONE, WEIGHTS -> LoaderSettings.Order.SHUFFLED;
                                    case SAMPLE -> LoaderSettings.Order.BALANCED;
                                })
                        .withRepeats(config.augmentation().repeats())
                        .withAlternatingFlips(config.augmentation().flipsAlternate())
                        .withShard(shard));
    }

    /** Loaders of the batches that a run is validated with, one for each view of the images. */
    public static List<Loader> validationLoaders(TrainConfig config, Dataset images) {
        return validationLoaders(config, images, Shard.ALL);
    }

    private static List<Loader> validationLoaders(TrainConfig config, Dataset images, Shard shard) {
        LoaderSettings settings = LoaderSettings.evaluation(
                        config.schedule().batchSize(), config.machine().workers())
                .withShard(shard);
        return config.data().views().pipelines(config.preprocessing()).stream()
                .map(pipeline -> new Loader(images, pipeline, settings))
                .toList();
    }

    private TrainingResult session(boolean resumed) throws IOException, DivergedException {
        Shard shard = new Shard(group.rank(), group.size());
        Loader training = trainingLoader(config, this.training, shard);
        List<Loader> validation = validationLoaders(config, this.validation, shard);
        try (TrainLog log = run.openLog()) {
            int stepsPerEpoch = training.batchesPerEpoch();
            boolean isRestored = resumed && run.isWritten();
            if (isRestored) {
                run.removeLeftovers();
            }
            Start start = ofFirst(
                    isRestored ? restored(log, stepsPerEpoch) : LoopState.start(stepsPerEpoch), resumed, stepsPerEpoch);
            try (EventFile events = run.openEvents(start.state.steps() + 1)) {
                return new Session(log, events, training, validation, start).run(start.resumed);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Where a session begins.
     *
     * @param results of the epochs before
     */
    private record Start(LoopState state, boolean resumed, List<EpochResult> results) {}

    /** Rank 0's state, in every process: its learner's and its loop's. */
    private Start ofFirst(LoopState state, boolean resumed, int stepsPerEpoch) throws IOException {
        List<EpochResult> results = run.results().stream()
                .filter(row -> row.epoch() < state.epoch())
                .toList();
        if (group.size() == 1) {
            return new Start(state, resumed, results);
        }
        Path file = Files.createTempFile("kinglet-rank-" + group.rank() + "-", ".safetensors");
        try {
            if (group.isFirst()) {
                Map<String, String> map = state.toMap();
                map.put(RESUMED, Boolean.toString(resumed));
                map.put(RESULTS, EpochResult.toCsv(results));
                learner.saveCheckpoint(file, map);
                group.broadcast(Files.readAllBytes(file));
                return new Start(state, resumed, results);
            }
            Files.write(file, group.broadcast(new byte[0]));
            Map<String, String> map = learner.loadCheckpoint(file);
            LoopState shared = LoopState.of(map, run.labels());
            if (shared.stepsPerEpoch() != stepsPerEpoch) {
                throw new IllegalArgumentException("the data of rank " + group.rank() + " gives " + stepsPerEpoch
                        + " batches an epoch, that of rank 0 " + shared.stepsPerEpoch()
                        + "; every rank needs the same images");
            }
            return new Start(
                    shared,
                    Boolean.parseBoolean(map.get(RESUMED)),
                    EpochResult.parseCsv(map.getOrDefault(RESULTS, EpochResult.toCsv(List.of()))));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private LoopState restored(TrainLog log, int stepsPerEpoch) throws IOException {
        List<Path> damaged = new ArrayList<>();
        for (Path checkpoint : run.checkpoints()) {
            LoopState state;
            String processes;
            try {
                Map<String, String> saved = learner.loadCheckpoint(checkpoint);
                state = LoopState.of(saved, run.labels());
                processes = saved.getOrDefault(PROCESSES, "1");
            } catch (IOException | IllegalArgumentException e) {
                damaged.add(checkpoint);
                log.warning("Checkpoint " + checkpoint.getFileName() + " cannot be used: " + e.getMessage());
                continue;
            }
            if (state.stepsPerEpoch() != stepsPerEpoch) {
                throw new IllegalArgumentException("the run was begun with " + state.stepsPerEpoch()
                        + " steps an epoch, but this data gives " + stepsPerEpoch
                        + "; resume it with the data it was begun with");
            }
            for (Path file : damaged) {
                RunFolder.setAside(file);
            }
            log.line("Resumed from " + checkpoint.getFileName() + ": epoch " + state.epoch() + ", step "
                    + state.batch());
            for (String change : run.recordChanges()) {
                log.line("Changed: " + change);
            }
            if (!processes.equals(Integer.toString(group.size()))) {
                log.warning(
                        "Changed: processes " + processes + " -> " + group.size()
                                + "; a step has the images of all of them, so the learning rate is for another number of images now");
            }
            return state;
        }
        if (!damaged.isEmpty()) {
            throw new IOException("none of the " + damaged.size() + " checkpoints of " + run
                    + " can be used; the log says why. Begin another run"
                    + (run.results().isEmpty() ? "" : ", from " + run.lastWeights() + " if that is enough"));
        }
        log.line("Resumed without a checkpoint: from the first step");
        return LoopState.start(stepsPerEpoch);
    }

    /** One stretch of a run, from its beginning or a checkpoint to its end or an interruption. */
    private final class Session {
        private final TrainLog log;
        private final EventFile events;
        private final Loader trainingLoader;
        private final List<Loader> validationLoaders;
        private final int stepsPerEpoch;
        private final Schedule learningRates;
        private final Optional<FreeProcessors> freeProcessors; // empty: the number of threads was given
        private final List<EpochResult> results;
        private final List<LoggedStep> loggedSteps;
        private LoopState state;
        private Predictions predictions = new Predictions(); // of the last evaluation
        private @Nullable ValidationLogits logits; // of the last evaluation; null: none are kept
        private @Nullable WorstMistakes mistakes; // null: not yet known
        private OptionalInt shown = OptionalInt.empty(); // epoch whose images are in the events
        private double lastLoss = Double.NaN;
        private long counted = System.nanoTime(); // time until here is in the state
        private long checkpointed = counted;

        Session(TrainLog log, EventFile events, Loader trainingLoader, List<Loader> validationLoaders, Start start)
                throws IOException {
            this.log = log;
            this.events = events;
            this.trainingLoader = trainingLoader;
            this.validationLoaders = validationLoaders;
            this.state = start.state;
            this.stepsPerEpoch = state.stepsPerEpoch();
            this.learningRates = config.with(schedule).schedule(stepsPerEpoch);
            this.freeProcessors = config.machine().threads().isPresent()
                    ? Optional.empty()
                    : Optional.of(new FreeProcessors(config.machine().computeThreads()));
            this.results = new ArrayList<>(start.results);
            this.loggedSteps = new ArrayList<>(run.loggedSteps().stream()
                    .filter(row -> row.step() <= state.steps())
                    .toList());
        }

        TrainingResult run(boolean resumed) throws IOException, DivergedException {
            if (resumed && isDone()) {
                return alreadyFinished();
            }
            begin();
            if (resumed && state.epoch() == results.size() && !results.isEmpty()) {
                log.line(String.format(
                        Locale.ROOT,
                        "Epoch %d of %d goes on at learning rate %.6f; the one before ended at %.6f",
                        state.epoch(),
                        config.schedule().allEpochs(),
                        learningRate(state.batch()),
                        results.get(results.size() - 1).learningRate()));
            }
            while (!isDone()) {
                Optional<Validation> validation = trainEpoch() ? validate() : Optional.empty();
                if (validation.isEmpty()) {
                    return interrupted();
                }
                endEpoch(validation.get());
            }
            Optional<String> early = endedEarly();
            if (early.isPresent()) {
                log.line("Ends after " + Plural.of(state.epoch(), "epoch") + " of "
                        + config.schedule().allEpochs() + ": " + early.get());
            }
            publish(Report.Status.FINISHED);
            showInEvents();
            logScaling();
            log.line("Finished after " + TrainLog.hours(time().toSeconds()) + ": " + best());
            warnIfNothingWasLearned();
            return result(TrainingResult.Outcome.FINISHED);
        }

        private boolean isDone() throws IOException {
            return state.epoch() >= config.schedule().allEpochs()
                    || group.ofFirst(endedEarly().isPresent()); // clocks differ
        }

        /** Why no further epoch begins though there are more; empty if it does. */
        private Optional<String> endedEarly() {
            if (state.batch() > 0
                    || state.epoch() == 0
                    || state.epoch() >= config.schedule().allEpochs()) {
                return Optional.empty();
            }
            int patience = config.run().limits().patience();
            if (patience > 0
                    && state.best().isPresent()
                    && state.epoch() - 1 - state.best().get().epoch() >= patience) {
                return Optional.of(
                        (patience == 1 ? "the last epoch is not" : "none of the last " + patience + " epochs is")
                                + " better than epoch " + state.best().get().epoch());
            }
            double minutes = config.run().limits().minutes();
            double elapsed = state.elapsedNanos() / 1e9;
            double another = results.get(results.size() - 1).seconds();
            return minutes > 0 && elapsed + another > 60 * minutes
                    ? Optional.of("another would not end within the time limit of " + Figures.decimal(minutes)
                            + (minutes == 1 ? " minute" : " minutes"))
                    : Optional.empty();
        }

        /**
         * The learning rate of the step that a batch of the running epoch belongs to. What evaluations have reduced it by
         * holds from the epoch after them on.
         */
        private double learningRate(int batch) {
            int steps = schedule.steps(stepsPerEpoch);
            int step = Math.min(batch / schedule.accumulation(), steps - 1);
            return learningRates.learningRate(
                    (long) state.epoch() * steps + step, state.plateau().reduction());
        }

        /**
         * Says so where the best epoch is no better than always predicting the class with the most validation images, or where
         * the average of the weights is still far behind them.
         */
        private void warnIfNothingWasLearned() throws IOException {
            boolean averaged = bestResult().orElseThrow().ema().isPresent();
            Evaluation evaluation = state.best().orElseThrow().evaluation();
            ConfusionMatrix.ClassScore largest = evaluation.confusion().scores().stream()
                    .max(Comparator.comparingLong(ConfusionMatrix.ClassScore::images))
                    .orElseThrow();
            double constant = 100.0 * largest.images() / evaluation.images();
            if (evaluation.top1() <= constant) {
                log.warning("The best top-1" + (averaged ? ", of the weights' average (EMA)," : "")
                        + " is no better than that of always predicting '" + largest.label() + "', "
                        + Csv.decimal(constant, 2) + " %; " + averageAdvice(0).orElseGet(this::advice));
            } else {
                Optional<String> behind = averageAdvice(NOTABLE_ERRORS);
                if (behind.isPresent()) {
                    log.warning("The top-1 of the weights' average (EMA) is behind: " + behind.get());
                }
            }
        }

        private String advice() {
            String rate = Figures.decimal(config.learningRate());
            if (config.optimizer().rates().frozenBlocks() > 0) {
                return "train longer, unfreeze more blocks (--freeze), or take another learning rate than " + rate;
            }
            return config.model().initialCheckpoint().isPresent()
                    ? "pretrained weights need a lower learning rate: a tenth or a hundredth of " + rate + " (--lr)"
                    : "train longer, or with another learning rate";
        }

        /**
         * What to do where the average of the weights has not followed them; empty if it has.
         *
         * @param errors standard errors of a top-1 that the raw weights must be better by
         */
        private Optional<String> averageAdvice(int errors) {
            EpochResult best = bestResult().orElseThrow();
            double fraction = best.valTop1() / 100;
            double error = 100
                    * Math.sqrt(fraction
                            * (1 - fraction)
                            / state.best().orElseThrow().evaluation().images());
            if (best.ema().isEmpty() || best.valTop1() <= best.chosenTop1() + errors * error) {
                return Optional.empty();
            }
            OptimizerSettings.Ema ema = config.optimizer().ema().orElseThrow();
            return Optional.of("the raw weights of epoch " + best.epoch() + " have " + Csv.decimal(best.valTop1(), 2)
                    + " %, so the average has not caught up: take a lower --model-ema-decay than "
                    + Figures.decimal(ema.decay()) + (ema.warmUp() ? "" : " or --model-ema-warmup")
                    + ", or train longer");
        }

        private TrainingResult alreadyFinished() throws IOException {
            saveWeights(); // a kill may have prevented it
            publish(Report.Status.FINISHED);
            log.line("The run is finished: " + epochs() + " done; resume it with more epochs to train on. "
                    + Character.toUpperCase(best().charAt(0)) + best().substring(1));
            return result(TrainingResult.Outcome.ALREADY_FINISHED);
        }

        private String epochs() {
            return Plural.of(config.schedule().allEpochs(), "epoch");
        }

        private void begin() throws IOException {
            run.writeResults(results);
            int batchSize = config.schedule().batchSize();
            int left = training.size() - stepsPerEpoch * batchSize;
            log.line("Run " + run.name() + ", "
                    + LocalDateTime.now(ZoneId.systemDefault()).format(DATE_AND_TIME) + ": "
                    + config.model().name() + " on " + Plural.of(training.size(), "training image") + " of "
                    + Plural.of(run.labels().size(), "class") + ", "
                    + Plural.of(validation.size(), "validation image"));
            int accumulated = schedule.accumulation();
            log.line(epochs() + " of "
                    + (accumulated == 1
                            ? Plural.of(stepsPerEpoch, "step")
                            : Plural.of(stepsPerEpoch, "batch") + " in "
                                    + Plural.of(schedule.steps(stepsPerEpoch), "step"))
                    + ", " + Plural.of(batchSize, "image") + (accumulated == 1 ? " each" : " per batch")
                    + (left == 0
                            ? ""
                            : " (" + Plural.of(left, "image") + " at the end of an epoch's order "
                                    + (left == 1 ? "does" : "do") + " not fill a batch and "
                                    + (left == 1 ? "is" : "are") + " left out)")
                    + "; seed " + config.run().seed() + ", "
                    + Plural.of(config.machine().workers(), "worker") + ", "
                    + Plural.of(config.machine().computeThreads(), "thread"));
            if (group.size() > 1) {
                log.line(group.description() + ": a step averages the gradients of " + accumulated + " batches, "
                        + accumulated * batchSize + " images, at the learning rate as it is given ("
                        + Figures.decimal(config.learningRate())
                        + "), which is not scaled; batch normalization's statistics are each process's own, and rank 0's are"
                        + " kept");
            }
            for (String note : learner.notes()) {
                log.line(note);
            }
            for (String warning : warnings) {
                log.warning(warning);
            }
            Optional<Learner.Frozen> frozen = learner.frozen();
            if (frozen.isPresent()) {
                log.line(frozen.get().toString());
            }
            if (!run.has(RunFolder.CLASSES)) {
                run.write(RunFolder.CLASSES, ContactSheets.classes(training));
            }
            boolean epochJustEnded = state.batch() == 0 && state.epoch() > 0;
            if (epochJustEnded) {
                saveWeights(); // what a kill may have kept from happening
            }
            listener.onStart(new TrainingListener.Plan(
                    run.folder(), config.schedule().allEpochs(), stepsPerEpoch, state.steps()));
        }

        /** Trains what is left of the epoch. Returns false if a stop was asked for. */
        private boolean trainEpoch() throws IOException, DivergedException {
            if (state.batch() < stepsPerEpoch) {
                try (Loader.Epoch epoch = trainingLoader.epoch(state.epoch(), state.batch())) {
                    StepBatches next = new StepBatches(epoch);
                    long waited = 0;
                    long begin = System.nanoTime();
                    while (state.batch() < stepsPerEpoch) {
                        int last = lastOfStep(state.batch());
                        List<Batch> batches = next.upTo(last);
                        long[] images = imagesOfStep(batches);
                        if (images[1] > 0) {
                            return false;
                        }
                        if (images[0] == 0) {
                            state = state.afterStep(state.sums(), last + 1);
                        } else {
                            step(batches, (int) images[0], last, begin, epoch.waitNanos() - waited);
                        }
                        waited = epoch.waitNanos();
                        noteSkipped(trainingLoader);
                        if (group.size() == 1 && stopAsked()) {
                            return false;
                        }
                        checkpointIfDue();
                        begin = System.nanoTime();
                    }
                }
            }
            return !isStopAgreed();
        }

        /** The last batch of the step that a batch belongs to. */
        private int lastOfStep(int batch) {
            int each = schedule.accumulation();
            return Math.min(batch / each * each + each, stepsPerEpoch) - 1;
        }

        /** Images of a step in all processes, and how many of the processes were asked to stop. */
        private long[] imagesOfStep(List<Batch> batches) throws IOException {
            double[] sums = {batches.stream().mapToInt(Batch::size).sum(), stopAsked() ? 1 : 0};
            group.sum(sums);
            return new long[] {(long) sums[0], (long) sums[1]};
        }

        /** Whether one of the processes was asked to stop. */
        private boolean isStopAgreed() throws IOException {
            double[] stops = {stopAsked() ? 1 : 0};
            group.sum(stops);
            stopRequested |= stops[0] > 0;
            return stops[0] > 0;
        }

        /** The batches of an epoch that this process loads, by steps. */
        private final class StepBatches {
            private final Loader.Epoch epoch;
            private @Nullable Batch ahead; // of a later step; null: not loaded, or none is left
            private boolean ended;

            StepBatches(Loader.Epoch epoch) {
                this.epoch = epoch;
            }

            /** Those before or at a batch of the epoch, mixed; fewer, or none, where images are unreadable or a stop was asked for. */
            List<Batch> upTo(int last) throws IOException {
                List<Batch> batches = new ArrayList<>();
                while (!ended) {
                    if (ahead == null) {
                        ahead = next(epoch);
                        group.progress();
                        ended = ahead == null;
                    }
                    int index = epoch.nextBatch() - 1;
                    if (ahead == null || index > last) {
                        break;
                    }
                    add(ahead, index, batches);
                    ahead = null;
                    if (index + group.size() > last) {
                        break;
                    }
                }
                return batches;
            }
        }

        /** Adds a batch, mixed, to those of the next step; or says that unreadable images have made it too small. */
        private void add(Batch batch, int index, List<Batch> batches) throws IOException {
            if (batch.size() < learner.minimumBatch()) {
                log.warning("Left out step " + index + " of epoch " + state.epoch() + ": "
                        + Plural.of(batch.size(), "image")
                        + " of its batch could be read, and batch normalization needs " + learner.minimumBatch());
                return;
            }
            Batch mixed =
                    config.augmentation().mixing().apply(batch, config.run().seed(), state.epoch(), index);
            showFirst(mixed, index);
            batches.add(config.schedule().accumulation() == 1 ? mixed : mixed.copy());
        }

        /** Keeps the first batch as the network sees it, to be looked at. */
        private void showFirst(Batch batch, int step) throws IOException {
            if (!run.has(RunFolder.TRAIN_BATCH)) {
                byte[] png = ContactSheets.batch(
                        batch,
                        run.labels(),
                        "Epoch " + state.epoch() + ", step " + step + ": the batch as the network sees it");
                run.write(RunFolder.TRAIN_BATCH, png);
                events.image(0, "train/batch", png); // step 0 is never repeated
                events.flush();
            }
        }

        /** Whether this process is to end the loop; an interrupt is kept for later, for it would break the writing of files. */
        private boolean stopAsked() {
            if (Thread.interrupted()) {
                interrupted = true;
                stopRequested = true;
            }
            return stopRequested;
        }

        /** The next batch; null at the end of the epoch, or if a stop was asked for and no other process has to hear of it. */
        private @Nullable Batch next(Loader.Epoch epoch) throws IOException {
            while (true) {
                try {
                    return stopAsked() && group.size() == 1 ? null : epoch.next();
                } catch (InterruptedException e) {
                    interrupted = true;
                    stopRequested = true;
                }
            }
        }

        /**
         * @param images of the step, in all processes
         * @param step the last of the batches
         */
        private void step(List<Batch> batches, int images, int step, long begin, long waitNanos)
                throws IOException, DivergedException {
            double learningRate = learningRate(step);
            if (learner.prune(Pruning.progress(
                    (long) state.epoch() * stepsPerEpoch + step,
                    (long) config.schedule().allEpochs() * stepsPerEpoch))) {
                state = state.pruned();
                log.line("Pruned at epoch " + state.epoch() + ", step " + step
                        + "; the best epoch is chosen from here on");
            }
            StepResult result = ofAll(learner.step(batches, images, learningRate));
            group.progress();
            followLoad();
            if (!Double.isFinite(result.loss())) {
                throw diverged(
                        "the loss is " + result.loss() + " at epoch " + state.epoch() + ", step " + step, learningRate);
            }
            lastLoss = result.loss();
            EpochSums sums = state.sums().plus(result, images, System.nanoTime() - begin, waitNanos);
            state = state.afterStep(sums, step + 1);
            count();
            int accumulated = schedule.accumulation();
            if (step / accumulated % config.run().logInterval() == 0 || step == stepsPerEpoch - 1) {
                log.line(TrainLog.stepLine(state.epoch(), step, stepsPerEpoch, learningRate, result.loss(), sums));
                Map<String, Double> scalars = new LinkedHashMap<>();
                scalars.put("train_step/loss", result.loss());
                scalars.put("train_step/top1", 100.0 * result.correct() / images);
                scalars.put("lr", learningRate);
                scalars.put("images_per_s", sums.imagesPerSecond());
                events.scalars(state.steps(), scalars);
                events.flush();
                loggedSteps.add(new LoggedStep(
                        state.steps(), (state.steps() - 0.5) / stepsPerEpoch, learningRate, result.loss()));
            }
            listener.onStep(new TrainingListener.Step(
                    state.epoch(),
                    step,
                    learningRate,
                    result.loss(),
                    sums.meanLoss(),
                    sums.top1(),
                    images,
                    sums.imagesPerSecond()));
        }

        /** The result of a step from each process's part of it. */
        private StepResult ofAll(StepResult part) throws IOException {
            double[] sums = {part.loss(), part.correct()};
            group.sum(sums);
            return new StepResult(sums[0], (int) sums[1]);
        }

        /** Leaves other programs their processors, unless the number of threads was given. */
        private void followLoad() throws IOException {
            Optional<FreeProcessors.Change> change = freeProcessors.flatMap(FreeProcessors::look);
            if (change.isPresent()) {
                learner.useThreads(change.get().threads());
                log.line(change.get().toString());
            }
        }

        private DivergedException diverged(String found, double learningRate) throws IOException {
            boolean hasKept = !results.isEmpty() || !run.checkpoints().isEmpty();
            String message = String.format(
                    Locale.ROOT,
                    "%s (learning rate %s, last finite loss %s); %strain again with a lower learning rate or a longer warm-up",
                    found,
                    Figures.rounded(learningRate),
                    Double.isNaN(lastLoss) ? "none" : Figures.rounded(lastLoss),
                    hasKept ? "weights and checkpoints from before are kept; " : "");
            log.record("Diverged: " + message);
            publish(Report.Status.DIVERGED);
            return new DivergedException(message);
        }

        /**
         * The evaluations after an epoch.
         *
         * @param average of the average of the weights, where one is kept
         */
        private record Validation(Evaluation weights, Optional<Evaluation> average) {
            /** The one that chooses the best epoch. */
            Evaluation chosen() {
                return average.orElse(weights);
            }

            Optional<EpochResult.Ema> ema() {
                return average.map(found -> new EpochResult.Ema(found.loss(), found.top1(), found.top5()));
            }
        }

        /** Scores the validation images; empty if a stop was asked for. */
        private Optional<Validation> validate() throws IOException {
            try {
                learner.shareStatistics();
                Optional<Scorer> average = learner.average();
                // one view of each image where the average is what counts
                Optional<Evaluation> weights =
                        evaluate(learner, average.isEmpty() ? validationLoaders : validationLoaders.subList(0, 1));
                if (weights.isEmpty() || average.isEmpty()) {
                    return weights.map(found -> new Validation(found, Optional.empty()));
                }
                if (!estimateNormalization()) {
                    return Optional.empty();
                }
                learner.shareStatistics();
                return evaluate(average.get(), validationLoaders)
                        .map(found -> new Validation(weights.get(), Optional.of(found)));
            } catch (InterruptedException e) {
                interrupted = true;
                stopRequested = true;
                return Optional.empty();
            } finally {
                count();
                noteSkipped(validationLoaders.get(0));
            }
        }

        private Optional<Evaluation> evaluate(Scorer scorer, List<Loader> views)
                throws IOException, InterruptedException {
            predictions = new Predictions();
            logits = config.run().calibrates() ? new ValidationLogits(validation.size(), learner.classes()) : null;
            Optional<Evaluation> evaluation = Evaluation.of(
                    group,
                    logits == null ? scorer : logits.of(scorer),
                    card,
                    validation.labels(),
                    views,
                    validation.size(),
                    images -> {
                        group.progress();
                        listener.onEvaluated(
                                state.epoch(), Math.min(images * group.size(), validation.size()), validation.size());
                        return !stopAsked();
                    },
                    predictions);
            stopRequested |= evaluation.isEmpty(); // by another process
            return evaluation;
        }

        /** Gives the average of the weights the statistics of the epoch's first batches. Returns false on a stop. */
        private boolean estimateNormalization() throws IOException, InterruptedException {
            int wanted = config.optimizer().ema().orElseThrow().normBatches();
            try (Loader.Epoch epoch = trainingLoader.epoch(state.epoch(), 0)) {
                int seen = 0;
                for (Batch batch = seen < wanted ? epoch.next() : null;
                        batch != null;
                        batch = seen < wanted ? epoch.next() : null) {
                    if (group.size() == 1 && stopAsked()) {
                        return false;
                    }
                    group.progress();
                    if (batch.size() >= learner.minimumBatch()) {
                        learner.estimateNormalization(batch);
                    }
                    seen++;
                }
            }
            return true;
        }

        private void endEpoch(Validation validation) throws IOException, DivergedException {
            Evaluation evaluation = validation.chosen();
            EpochSums sums = state.sums();
            if (sums.images() == 0) {
                throw new IOException("no batch of epoch " + state.epoch() + " had the " + learner.minimumBatch()
                        + " readable images that a step needs");
            }
            requireFinite(validation);
            EpochResult result = new EpochResult(
                    state.epoch(),
                    sums.meanLoss(),
                    sums.top1(),
                    validation.weights().loss(),
                    validation.weights().top1(),
                    validation.weights().top5(),
                    learningRate(stepsPerEpoch - 1),
                    sums.imagesPerSecond(),
                    sums.waitNanos() / 1e9,
                    state.epochNanos() / 1e9,
                    validation.ema());
            boolean better = state.best().isEmpty() || state.best().get().isBeatenBy(evaluation);
            BestEpoch best = better
                    ? new BestEpoch(state.epoch(), evaluation, scaling(evaluation))
                    : state.best().get();
            results.add(result);
            run.writeResults(results);
            state = state.nextEpoch(best, plateauAfter(evaluation));
            checkpoint();
            saveWeights();
            if (better) {
                showPredictions(evaluation);
            }
            log.line(result.toString() + (better ? ", best so far" : ""));
            log.line(Memory.line());
            double[] skippedCounts = {
                trainingLoader.skippedCount(), validationLoaders.get(0).skippedCount()
            };
            group.sum(skippedCounts); // of training images some may be counted in several processes
            if (skippedCounts[0] + skippedCounts[1] > 0) {
                log.warning("Skipped so far: " + (group.size() > 1 && skippedCounts[0] > 0 ? "at most " : "")
                        + Plural.of((long) skippedCounts[0], "training image") + ", "
                        + Plural.of((long) skippedCounts[1], "validation image"));
            }
            Map<String, Double> scalars = new LinkedHashMap<>();
            scalars.put("train/loss", result.trainLoss());
            scalars.put("train/top1", result.trainTop1());
            scalars.put("val/loss", result.valLoss());
            scalars.put("val/top1", result.valTop1());
            scalars.put("val/top5", result.valTop5());
            result.ema().ifPresent(average -> {
                scalars.put("val_ema/loss", average.valLoss());
                scalars.put("val_ema/top1", average.valTop1());
                scalars.put("val_ema/top5", average.valTop5());
            });
            events.scalars(state.steps(), scalars);
            events.flush();
            if (!isDone()) {
                publish(Report.Status.RUNNING);
                if (better && isDueToShow(state.epoch())) {
                    showInEvents();
                }
            }
            listener.onEpoch(result, better);
        }

        /** The temperature of the epoch that was just evaluated; empty if none is to be fitted, or none can be. */
        private Optional<TemperatureScaling> scaling(Evaluation evaluation) throws IOException {
            return logits == null || ValidationLogits.obstacle(evaluation).isPresent()
                    ? Optional.empty()
                    : logits.fit(group);
        }

        /** Says what temperature the best weights have, or why they have none. */
        private void logScaling() throws IOException {
            BestEpoch best = state.best().orElseThrow();
            if (best.scaling().isPresent()) {
                TemperatureScaling scaling = best.scaling().get();
                log.line(String.format(
                        Locale.ROOT,
                        "Calibrated with temperature %.4f, fitted on the logits of %s: expected calibration error (ECE) %s -> %s",
                        scaling.temperature(),
                        Plural.of(scaling.images(), "validation image"),
                        Figures.percent(100 * scaling.before().expectedCalibrationError()),
                        Figures.percent(100 * scaling.after().expectedCalibrationError())));
            } else if (config.run().calibrates()) {
                log.line("Not calibrated: "
                        + ValidationLogits.obstacle(best.evaluation())
                                .orElse("no temperature was fitted in epoch " + best.epoch()
                                        + ": its logits say nothing of the classes, or the run was"
                                        + " then not calibrated; kinglet calibrate fits one"));
            }
        }

        /** The plateau of the learning rate after the running epoch; those of the warm-up do not count. */
        private Plateau plateauAfter(Evaluation evaluation) {
            ScheduleSettings.Decay decay = config.schedule().decay();
            return decay.kind() != ScheduleSettings.Kind.PLATEAU
                            || state.epoch() < config.schedule().warmUpEpochs()
                    ? state.plateau()
                    : state.plateau().after(evaluation.top1(), decay.patience(), decay.rateOrDefault());
        }

        /** An epoch that ends with values that are not finite is none: neither recorded, nor saved. */
        private void requireFinite(Validation validation) throws IOException, DivergedException {
            double learningRate = learningRate(stepsPerEpoch - 1);
            for (double loss : new double[] {
                validation.weights().loss(), validation.chosen().loss()
            }) {
                if (!Double.isFinite(loss)) {
                    throw diverged("the validation loss is " + loss + " after epoch " + state.epoch(), learningRate);
                }
            }
            if (!learner.weightsAreFinite()) {
                throw diverged("weights or statistics are not finite after epoch " + state.epoch(), learningRate);
            }
        }

        /** Lists the predictions of the best epoch, and shows a sample and the worst mistakes. */
        private void showPredictions(Evaluation evaluation) throws IOException {
            if (!run.isWritten()) {
                return;
            }
            int epoch = state.epoch() - 1;
            Pipeline plain = Pipeline.evaluation(config.preprocessing());
            run.write(
                    RunFolder.PREDICTIONS,
                    ContactSheets.predictions(learner.average().orElse(learner), validation, plain, epoch));
            predictions.writeTo(run.folder(), validation, evaluation.confusion().labels());
            mistakes = WorstMistakes.of(run.predictions(), validation, plain);
            run.write(RunFolder.MISTAKES, ContactSheets.mistakes(mistakes, epoch));
        }

        /** Whether a twentieth of the run has passed since images were shown in the events, which are to stay small. */
        private boolean isDueToShow(int epoch) {
            return shown.isEmpty()
                    || (epoch - shown.getAsInt()) * MAX_SHOWN
                            >= config.schedule().allEpochs();
        }

        /** Adds the images that have just been published to the events: curves, and what is known of the best epoch. */
        private void showInEvents() throws IOException {
            if (!run.isWritten()) {
                return;
            }
            shown = OptionalInt.of(state.epoch());
            events.image(state.steps(), "curves", run.read(RunFolder.CURVES));
            events.image(state.steps(), "val/confusion_matrix", run.read(ConfusionMatrix.PNG));
            if (run.has(RunFolder.MISTAKES)) {
                events.image(state.steps(), "val/mistakes", run.read(RunFolder.MISTAKES));
            }
            events.flush();
        }

        /** Saves the weights of the epoch that has just ended, as the best too if they are. */
        private void saveWeights() throws IOException {
            if (!run.isWritten()) {
                return;
            }
            int ended = state.epoch() - 1;
            EpochResult result = results.get(ended);
            Card withTop1 = card.with(Card.TOP1, Csv.decimal(result.valTop1(), 4));
            Optional<Card> ofAverage =
                    result.ema().map(average -> card.with(Card.TOP1, Csv.decimal(average.valTop1(), 4)));
            learner.saveWeights(run.lastWeights(), withTop1);
            if (ofAverage.isPresent()) {
                learner.saveAverage(run.lastAverage(), ofAverage.get());
            }
            int kept = config.run().keptEpochs();
            if (kept > 0) {
                run.epochWeights(ended, kept, file -> learner.saveWeights(file, withTop1));
            }
            BestEpoch best = state.best().orElseThrow();
            if (best.epoch() == ended) {
                Card uncalibrated = ofAverage.orElse(withTop1);
                Card ofBest = best.scaling()
                        .map(scaling -> uncalibrated.withTemperature(scaling.temperature()))
                        .orElse(uncalibrated);
                if (ofAverage.isPresent()) {
                    learner.saveAverage(run.bestWeights(), ofBest);
                } else {
                    learner.saveWeights(run.bestWeights(), ofBest);
                }
                saveCheckpoint(run.bestCheckpoint());
            }
            group.progress();
        }

        private void saveCheckpoint(Path file) throws IOException {
            Map<String, String> map = state.toMap();
            if (group.size() > 1) {
                map.put(PROCESSES, Integer.toString(group.size()));
            }
            learner.saveCheckpoint(file, map);
        }

        private TrainingResult interrupted() throws IOException {
            checkpoint();
            publish(Report.Status.INTERRUPTED);
            log.line("Stopped on request at epoch " + state.epoch() + ", step " + state.batch()
                    + "; resume it to go on");
            return result(TrainingResult.Outcome.INTERRUPTED);
        }

        /** Names images that cannot be used, each once. */
        private void noteSkipped(Loader loader) throws IOException {
            if (loader.skippedCount() == 0) {
                return;
            }
            for (SkippedImage image : loader.skipped()) {
                if (skipped.add(image.name())) {
                    log.record("Skipped " + image.name() + ": " + image.reason());
                    listener.onSkipped(image.name(), image.reason());
                }
            }
        }

        private void checkpointIfDue() throws IOException {
            if (config.run().checkpointSeconds() > 0
                    && System.nanoTime() - checkpointed >= config.run().checkpointSeconds() * 1e9) {
                checkpoint();
            }
        }

        private void checkpoint() throws IOException {
            count();
            if (run.isWritten()) {
                run.writeSteps(loggedSteps);
                run.checkpoint(state.steps(), this::saveCheckpoint);
                group.progress();
            }
            checkpointed = System.nanoTime();
        }

        private void publish(Report.Status status) throws IOException {
            if (!run.isWritten()) {
                return;
            }
            group.progress();
            if (mistakes == null) { // of the best epoch, which may be of an earlier stretch of the run
                mistakes = WorstMistakes.of(run.predictions(), validation, Pipeline.evaluation(config.preprocessing()));
            }
            if (status == Report.Status.FINISHED) {
                mistakes = explained(mistakes);
            }
            Path best = run.bestWeights();
            Report report = new Report(
                    run.name(),
                    status,
                    config,
                    results,
                    state.best(),
                    time(),
                    learner.costs(),
                    Files.exists(best) ? OptionalLong.of(Files.size(best)) : OptionalLong.empty(),
                    Optional.ofNullable(command));
            run.publish(report, loggedSteps, mistakes);
        }

        /** With heat maps, where the network has some: a training that is done does not fail for want of them. */
        private WorstMistakes explained(WorstMistakes found) throws IOException {
            if (found.worst().isEmpty()) {
                return found;
            }
            try {
                Optional<Explainer> maps = learner.explainer(run.bestWeights());
                if (maps.isEmpty()) {
                    return found;
                }
                try (Explainer explainer = maps.get()) {
                    return found.explained(Report.MAX_IMAGES, explainer, run.labels(), () -> {
                        group.progress();
                        return stopAsked();
                    });
                }
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                log.line("No heat maps in the report: " + e.getMessage());
                return found;
            }
        }

        private TrainingResult result(TrainingResult.Outcome outcome) {
            return new TrainingResult(run.folder(), outcome, state.epoch(), state.best(), bestResult(), time());
        }

        private String best() {
            EpochResult best = bestResult().orElseThrow();
            return "best epoch " + best.epoch() + " (from 0) with top-1 " + best.describedTop1() + ", "
                    + run.bestWeights();
        }

        /** The row of the best epoch; empty before the first is done. */
        private Optional<EpochResult> bestResult() {
            return state.best().map(best -> results.get(best.epoch()));
        }

        private Duration time() {
            count();
            return Duration.ofNanos(state.elapsedNanos());
        }

        /** Puts the time that has passed into the state. */
        private void count() {
            long now = System.nanoTime();
            state = state.later(now - counted);
            counted = now;
        }
    }
}
