package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.network.Blocks;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Logits;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.Learner;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.metrics.Scorer;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.train.options.ParameterRates;
import dev.kinglet.train.options.Precision;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.weights.WeightFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A model being trained by libtorch. Owns native memory until
 * closed. Not thread-safe, and only one at a time is reproducible: libtorch has one random generator per process.
 *
 * <p>The generator is seeded before each step from the settings' seed and the number of the step. So dropout in a run that
 * was resumed from a checkpoint is that of an uninterrupted one, and a checkpoint needs no generator state.
 */
public final class TorchLearner implements Learner {
    private static final String AVERAGE = "ema.";
    private static final String STEPS = "learner.steps";
    private static final String MODEL = "learner.model";
    private static final String LOOP = "loop.";
    private static final int MEAN_REDUCTION = 1;
    private static final long NO_IGNORED_CLASS = -100;
    private static final int TRIED_IMAGES = 8;
    private static final int TRIED_STEPS = 3; // the first ones allocate

    private final TorchNetwork network;
    private final TorchOptimizer optimizer;
    private final @Nullable WeightAverage average; // null: none is kept
    private final LearnedGroups learnedGroups;
    private final KernelGradients kernels;
    private final Normalization normalization;
    private final @Nullable KernelCopies copies; // null: in float32
    private final LearnerSettings settings;
    private final @Nullable GlooProcessGroup group; // null: this process trains alone
    private final List<String> notes = new ArrayList<>();
    private final Stopwatch stopwatch = new Stopwatch();
    private long steps;
    private double progress; // fraction of the training that is done; 1 if the next step is the last

    /** A part of a step. */
    public enum Phase {
        /** Pixels become normalized tensors. */
        PREPARE,
        FORWARD,
        LOSS,
        BACKWARD,
        /** Gradients are summed over the processes; the wait for the others is part of it. */
        EXCHANGE,
        OPTIMIZER
    }

    /** Sums the time of each phase. */
    private static final class Stopwatch {
        private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
        private long start;

        void start() {
            start = System.nanoTime();
        }

        /** The time since the last call was that of a phase. */
        void stop(Phase phase) {
            long now = System.nanoTime();
            nanos.merge(phase, now - start, Long::sum);
            start = now;
        }
    }

    private TorchLearner(Model model, LearnerSettings settings, @Nullable GlooProcessGroup group) {
        int weights = settings.classWeights().size();
        if (weights != 0 && weights != model.network().classes()) {
            throw new IllegalArgumentException(weights + " class weights for a network of "
                    + model.network().classes() + " classes");
        }
        this.settings = settings;
        this.group = group;
        network = new TorchNetwork(model.network(), model.tensors());
        freeze(settings.optimizer().rates());
        OptimizerSettings.Dropping dropping = settings.optimizer().dropping();
        network.regularize(dropping.dropout(), dropping.dropPath());
        optimizer = new TorchOptimizer(network, settings);
        average = settings.optimizer()
                .ema()
                .map(ema -> new WeightAverage(network, optimizer.parameters(), ema))
                .orElse(null);
        learnedGroups = new LearnedGroups(network);
        kernels = new KernelGradients(settings.threads());
        normalization = new Normalization(model.card().preprocessing());
        if (settings.precision() == Precision.BFLOAT16) {
            copies = new KernelCopies(optimizer.parameters());
            network.use(copies);
        } else {
            copies = null;
        }
    }

    private void freeze(ParameterRates rates) {
        Blocks blocks = Blocks.of(network.network());
        for (StateEntry entry : network.network().state()) {
            if (TorchOptimizer.isFrozen(blocks, entry.layer(), rates)) {
                network.freeze(entry.layer());
            }
        }
    }

    /**
     * A learner that starts from the model's weights, which are copied.
     *
     * @param settings their number of threads becomes that of libtorch's operations, for the whole process
     * @throws IllegalArgumentException if the settings have class weights, but not one per class
     */
    public static TorchLearner of(Model model, LearnerSettings settings) {
        return of(model, settings, ProcessGroup.ALONE);
    }

    /**
     * The same as one of several processes, which all have the same model and settings: their gradients are summed after each
     * backward pass.
     *
     * @param group not closed; {@link ProcessGroup#ALONE} or one of this module's
     */
    public static TorchLearner of(Model model, LearnerSettings settings, ProcessGroup group) {
        TorchRuntime.useThreads(settings.threads());
        TorchRuntime.useDeterministicAlgorithms(settings.deterministic());
        return new TorchLearner(model, settings, group instanceof GlooProcessGroup several ? several : null);
    }

    /** Has the log of the run say something. */
    public void note(String line) {
        notes.add(line);
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /**
     * The images per second that a number format gives over those of float32 on this machine, from a few steps of other
     * learners of the model on random images.
     *
     * @param batchSize of the training, of which a few images are enough
     */
    public static double speedup(Model model, LearnerSettings settings, int batchSize) {
        int side = model.card().preprocessing().inputSize();
        int images = Math.max(model.network().minimumBatch(), Math.min(batchSize, TRIED_IMAGES));
        ByteBuffer pixels = ByteBuffer.allocateDirect(images * 3 * side * side);
        Batch batch = new Batch(pixels, side, new int[images], new int[images]);
        double inFloat = shortestStep(model, settings.withPrecision(Precision.FLOAT32), batch);
        return inFloat / shortestStep(model, settings, batch);
    }

    private static double shortestStep(Model model, LearnerSettings settings, Batch batch) {
        try (TorchLearner learner = of(model, settings)) {
            double shortest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < TRIED_STEPS; i++) {
                long start = System.nanoTime();
                learner.step(batch, 0);
                shortest = Math.min(shortest, (double) (System.nanoTime() - start));
            }
            return shortest;
        }
    }

    @Override
    public int classes() {
        return network.network().classes();
    }

    @Override
    public Optional<Costs> costs() {
        return Optional.of(Costs.of(network.network()));
    }

    @Override
    public Optional<Frozen> frozen() {
        int all = Blocks.of(network.network()).count();
        int blocks = Math.min(settings.optimizer().rates().frozenBlocks(), all - 1);
        return blocks == 0
                ? Optional.empty()
                : Optional.of(new Frozen(
                        blocks,
                        all,
                        optimizer.parameters().slices().stream()
                                .mapToLong(slice -> slice.entry().parameter().elements())
                                .sum(),
                        Costs.of(network.network()).parameters()));
    }

    @Override
    public int minimumBatch() {
        return network.network().minimumBatch();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if a batch is smaller than {@link #minimumBatch()}; nothing has changed then
     */
    @Override
    public StepResult step(List<Batch> batches, int images, double learningRate) {
        batches.forEach(this::requireVariance);
        stopwatch.start();
        torch.manual_seed(settings.seed() * 0x9E3779B97F4A7C15L + steps + rank() * 0xD1B54A32D192ED03L);
        optimizer.clearGradients();
        stopwatch.stop(Phase.OPTIMIZER);
        if (copies != null) {
            copies.refresh();
        }
        double loss = 0;
        int correct = 0;
        for (Batch batch : batches) {
            double fraction = (double) batch.size() / images;
            StepResult part = addGradients(batch, fraction);
            loss += fraction * part.loss();
            correct += part.correct();
            if (!Double.isFinite(loss)) {
                if (group == null) {
                    return new StepResult(loss, correct);
                }
                optimizer.spoilGradients(); // so that every process sees it
                break;
            }
        }
        if (group != null) {
            sumGradients(group);
        }
        if (!optimizer.gradientsAreFinite()) {
            return new StepResult(Double.NaN, correct);
        }
        steps++;
        optimizer.step(learningRate, steps);
        if (average != null) {
            average.update(steps, progress);
        }
        stopwatch.stop(Phase.OPTIMIZER);
        return new StepResult(loss, correct);
    }

    private int rank() {
        return group == null ? 0 : group.rank();
    }

    private void sumGradients(GlooProcessGroup several) {
        try {
            several.sum(optimizer.gradients());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        stopwatch.stop(Phase.EXCHANGE);
    }

    @Override
    public void shareStatistics() throws IOException {
        if (group != null) {
            shareStatistics(network, group);
            if (average != null) {
                shareStatistics(average.network(), group);
            }
        }
    }

    private static void shareStatistics(TorchNetwork network, GlooProcessGroup group) throws IOException {
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            List<Tensor> statistics = network.network().state().stream()
                    .filter(WeightAverage::isStatistic)
                    .map(entry -> network.tensor(entry.name()))
                    .toList();
            if (statistics.isEmpty()) {
                return;
            }
            Tensor all = torch.cat(new TensorVector(statistics.toArray(new Tensor[0])));
            group.broadcast(all);
            long start = 0;
            for (Tensor statistic : statistics) {
                statistic.copy_(all.narrow(0, start, statistic.numel()));
                start += statistic.numel();
            }
        }
    }

    /** Adds a batch's gradients, times the fraction of the step's images that it has, to those of the batches before. */
    private StepResult addGradients(Batch batch, double fraction) {
        try (PointerScope scope = new PointerScope();
                TrainingPass pass = TrainingPass.forward(network, kernels, images(batch))) {
            stopwatch.stop(Phase.FORWARD);
            Tensor logits = pass.logits().detach().to(ScalarType.Float).detach();
            logits.set_requires_grad(true);
            Tensor mean = loss(logits, batch);
            if (settings.optimizer().loss().groupLasso() > 0) {
                mean = mean.add(learnedGroups
                        .lasso()
                        .mul(new Scalar(settings.optimizer().loss().groupLasso())));
            }
            double loss = mean.item_double();
            int correct = correct(Blobs.values(logits), batch.dominant());
            if (Double.isFinite(loss)) {
                (fraction == 1 ? mean : mean.mul(new Scalar(fraction))).backward();
                stopwatch.stop(Phase.LOSS);
                pass.backward(logits.grad());
            }
            stopwatch.stop(Phase.BACKWARD);
            return new StepResult(loss, correct);
        }
    }

    private Tensor images(Batch batch) {
        Tensor images = normalization.images(batch);
        if (settings.precision() == Precision.BFLOAT16) {
            images = images.to(ScalarType.BFloat16);
        }
        stopwatch.stop(Phase.PREPARE);
        return images;
    }

    /** Milliseconds that all steps so far took, by phase. */
    public Map<Phase, Double> millis() {
        Map<Phase, Double> millis = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            millis.put(phase, stopwatch.nanos.getOrDefault(phase, 0L) / 1e6);
        }
        return millis;
    }

    /** One value has no variance: the running variance would become NaN, and stay so. PyTorch refuses such a batch too. */
    private void requireVariance(Batch batch) {
        if (batch.size() < minimumBatch()) {
            String norm = network.network().singleValueNorm().orElseThrow().name();
            throw new IllegalArgumentException(
                    "'" + norm + "' normalizes one value per channel and image, so a batch of "
                            + batch.size() + " image has no variance; train "
                            + network.network().name()
                            + " with at least " + minimumBatch() + " images per batch, or with larger images");
        }
    }

    /** Both losses are linear in the target, so that of a mixed target is the same mix of two losses. */
    private Tensor loss(Tensor logits, Batch batch) {
        Tensor own = loss(logits, batch.labels());
        return batch.labelFraction() == 1
                ? own
                : own.mul(new Scalar(batch.labelFraction()))
                        .add(loss(logits, batch.mixedInLabels()).mul(new Scalar(1 - batch.labelFraction())));
    }

    private Tensor loss(Tensor logits, int[] labels) {
        if (settings.optimizer().loss().binary()) {
            return torch.binary_cross_entropy_with_logits(logits, binaryTargets(labels));
        }
        return torch.cross_entropy_loss(
                logits,
                Blobs.labels(labels),
                settings.classWeights().isEmpty() ? new TensorOptional() : new TensorOptional(classWeights()),
                MEAN_REDUCTION,
                NO_IGNORED_CLASS,
                settings.optimizer().loss().labelSmoothing());
    }

    /** 1 for the class and 0 for the others, smoothed; {@code [n, classes]}. */
    private Tensor binaryTargets(int[] labels) {
        double smoothing = settings.optimizer().loss().labelSmoothing();
        float[] targets = new float[labels.length * classes()];
        Arrays.fill(targets, (float) (smoothing / classes()));
        for (int n = 0; n < labels.length; n++) {
            targets[n * classes() + labels[n]] = (float) (1 - smoothing + smoothing / classes());
        }
        return Blobs.floats(targets, labels.length, classes());
    }

    private Tensor classWeights() {
        float[] weights = new float[settings.classWeights().size()];
        for (int c = 0; c < weights.length; c++) {
            weights[c] = settings.classWeights().get(c).floatValue();
        }
        return Blobs.floats(weights, weights.length);
    }

    @Override
    public void useThreads(int threads) {
        TorchRuntime.useThreads(threads);
        kernels.useThreads(threads);
    }

    @Override
    public boolean prune(double progress) {
        this.progress = progress;
        return learnedGroups.prune(progress);
    }

    private static int correct(float[] logits, int[] labels) {
        int classes = logits.length / labels.length;
        int correct = 0;
        for (int n = 0; n < labels.length; n++) {
            correct += Logits.argmax(logits, n * classes, classes) == labels[n] ? 1 : 0;
        }
        return correct;
    }

    @Override
    public float[] logits(Batch batch) {
        try (PointerScope scope = new PointerScope()) {
            return TorchScorer.logits(network, normalization.images(batch));
        }
    }

    @Override
    public Optional<Scorer> average() {
        WeightAverage averaged = average;
        return averaged == null
                ? Optional.empty()
                : Optional.of(new Scorer() {
                    @Override
                    public int classes() {
                        return TorchLearner.this.classes();
                    }

                    @Override
                    public float[] logits(Batch batch) {
                        try (PointerScope scope = new PointerScope()) {
                            return TorchScorer.logits(averaged.network(), normalization.images(batch));
                        }
                    }
                });
    }

    @Override
    public void estimateNormalization(Batch batch) {
        WeightAverage kept = requireAverage();
        try (PointerScope scope = new PointerScope()) {
            kept.estimate(normalization.images(batch));
        }
    }

    /** {@link GradCam}, which needs no other runtime. */
    @Override
    public Optional<Explainer> explainer(Path weights) throws IOException {
        Model model = ModelFile.read(weights, card -> network.network());
        return Optional.of(GradCam.of(model, settings.threads()));
    }

    @Override
    public boolean weightsAreFinite() {
        return isFinite(network.state()) && (average == null || isFinite(average.state()));
    }

    private static boolean isFinite(Tensors state) {
        return state.asMap().values().stream().allMatch(NdArray::isFinite);
    }

    @Override
    public void saveWeights(Path file, Card card) throws IOException {
        ModelFile.write(file, new Model(network.network(), network.state(), card));
    }

    @Override
    public void saveAverage(Path file, Card card) throws IOException {
        ModelFile.write(file, new Model(network.network(), requireAverage().state(), card));
    }

    private WeightAverage requireAverage() {
        if (average == null) {
            throw new IllegalStateException("there is no average of the weights");
        }
        return average;
    }

    @Override
    public void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException {
        Map<String, NdArray> tensors = new LinkedHashMap<>(network.state().asMap());
        tensors.putAll(optimizer.state());
        if (average != null) {
            average.state().asMap().forEach((name, values) -> tensors.put(AVERAGE + name, values));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(MODEL, network.network().name());
        metadata.put(STEPS, Long.toString(steps));
        loopState.forEach((key, value) -> metadata.put(LOOP + key, value));
        Safetensors.write(file, new Tensors(tensors), metadata);
    }

    @Override
    public Map<String, String> loadCheckpoint(Path file) throws IOException {
        WeightFile saved = Safetensors.read(file);
        Map<String, String> metadata = saved.metadata();
        requireSameNetwork(file, metadata, saved.tensors());
        network.load(saved.tensors());
        optimizer.load(saved.tensors());
        if (average != null) {
            average.load(saved.tensors(), AVERAGE);
        }
        steps = Long.parseLong(metadata.getOrDefault(STEPS, "0"));
        Map<String, String> loopState = new LinkedHashMap<>();
        metadata.forEach((key, value) -> {
            if (key.startsWith(LOOP)) {
                loopState.put(key.substring(LOOP.length()), value);
            }
        });
        return loopState;
    }

    private void requireSameNetwork(Path file, Map<String, String> metadata, Tensors tensors) throws IOException {
        String model = metadata.get(MODEL);
        if (model == null) {
            throw new IOException(file + " is not a checkpoint of a training run");
        }
        if (!model.equals(network.network().name())) {
            throw new IOException(file + " is a checkpoint of " + model + ", but the run trains "
                    + network.network().name());
        }
        Map<String, StateEntry> required = new LinkedHashMap<>(optimizer.required());
        for (StateEntry entry : network.network().state()) {
            required.put(entry.name(), entry);
            if (average != null) {
                required.put(AVERAGE + entry.name(), entry);
            }
        }
        for (Map.Entry<String, StateEntry> entry : required.entrySet()) {
            if (!fits(tensors, entry.getKey(), entry.getValue())) {
                throw new IOException(file + ": " + entry.getKey() + " is missing or not "
                        + entry.getValue().parameter().dims() + "; it is a checkpoint of " + model
                        + " with other classes, another optimizer or another form");
            }
        }
    }

    private static boolean fits(Tensors tensors, String name, StateEntry entry) {
        return tensors.has(name)
                && tensors.get(name).dims().equals(entry.parameter().dims());
    }

    @Override
    public void close() {
        kernels.close();
        network.close();
        if (copies != null) {
            copies.close();
        }
        if (average != null) {
            average.close();
        }
        optimizer.close();
        normalization.close();
    }
}
