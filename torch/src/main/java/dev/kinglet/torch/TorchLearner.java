package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Logits;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.Learner;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A model being trained by libtorch with cross-entropy and {@link dev.kinglet.train.options.Sgd}. Owns native memory until
 * closed. Not thread-safe, and only one at a time is reproducible: libtorch has one random generator per process.
 *
 * <p>The generator is seeded before each step from the settings' seed and the number of the step. So dropout in a run that
 * was resumed from a checkpoint is that of an uninterrupted one, and a checkpoint needs no generator state.
 */
public final class TorchLearner implements Learner {
    private static final String VELOCITY = "velocity.";
    private static final String STEPS = "learner.steps";
    private static final String MODEL = "learner.model";
    private static final String LOOP = "loop.";
    private static final int MEAN_REDUCTION = 1;
    private static final long NO_IGNORED_CLASS = -100;

    private final TorchNetwork network;
    private final SgdOptimizer optimizer;
    private final LearnedGroups learnedGroups;
    private final Normalization normalization;
    private final LearnerSettings settings;
    private long steps;

    private TorchLearner(Model model, LearnerSettings settings) {
        int weights = settings.classWeights().size();
        if (weights != 0 && weights != model.network().classes()) {
            throw new IllegalArgumentException(weights + " class weights for a network of "
                    + model.network().classes() + " classes");
        }
        this.settings = settings;
        network = new TorchNetwork(model.network(), model.tensors());
        optimizer = new SgdOptimizer(network, settings.optimizer());
        learnedGroups = new LearnedGroups(network);
        normalization = new Normalization(model.card().preprocessing());
    }

    /**
     * A learner that starts from the model's weights, which are copied.
     *
     * @param settings their number of threads becomes that of libtorch's operations, for the whole process
     * @throws IllegalArgumentException if the settings have class weights, but not one per class
     */
    public static TorchLearner of(Model model, LearnerSettings settings) {
        TorchRuntime.useThreads(settings.threads());
        return new TorchLearner(model, settings);
    }

    @Override
    public int classes() {
        return network.network().classes();
    }

    @Override
    public int minimumBatch() {
        return network.network().minimumBatch();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the batch is smaller than {@link #minimumBatch()}; nothing has changed then
     */
    @Override
    public StepResult step(Batch batch, double learningRate) {
        requireVariance(batch);
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(settings.seed() * 0x9E3779B97F4A7C15L + steps);
            optimizer.clearGradients();
            double loss;
            int correct;
            try (Tensor logits = network.forward(normalization.images(batch), true)) {
                Tensor mean = loss(logits, batch);
                if (settings.groupLasso() > 0) {
                    mean = mean.add(learnedGroups.lasso().mul(new Scalar(settings.groupLasso())));
                }
                loss = mean.item_double();
                correct = correct(Blobs.values(logits), batch.dominant());
                if (!Double.isFinite(loss)) {
                    return new StepResult(loss, correct);
                }
                mean.backward();
            }
            if (!optimizer.gradientsAreFinite()) {
                return new StepResult(Double.NaN, correct);
            }
            optimizer.step(learningRate);
            steps++;
            return new StepResult(loss, correct);
        }
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

    /** Cross-entropy is linear in the target, so that of a mixed target is the same mix of two cross-entropies. */
    private Tensor loss(Tensor logits, Batch batch) {
        Tensor own = crossEntropy(logits, batch.labels());
        return batch.labelFraction() == 1
                ? own
                : own.mul(new Scalar(batch.labelFraction()))
                        .add(crossEntropy(logits, batch.mixedInLabels()).mul(new Scalar(1 - batch.labelFraction())));
    }

    private Tensor crossEntropy(Tensor logits, int[] labels) {
        return torch.cross_entropy_loss(
                logits,
                Blobs.labels(labels),
                settings.classWeights().isEmpty() ? new TensorOptional() : new TensorOptional(classWeights()),
                MEAN_REDUCTION,
                NO_IGNORED_CLASS,
                settings.labelSmoothing());
    }

    private Tensor classWeights() {
        float[] weights = new float[settings.classWeights().size()];
        for (int c = 0; c < weights.length; c++) {
            weights[c] = settings.classWeights().get(c).floatValue();
        }
        return Blobs.floats(weights, weights.length);
    }

    @Override
    public boolean prune(double progress) {
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
    public boolean weightsAreFinite() {
        return network.state().asMap().values().stream().allMatch(NdArray::isFinite);
    }

    @Override
    public void saveWeights(Path file, Card card) throws IOException {
        ModelFile.write(file, new Model(network.network(), network.state(), card));
    }

    @Override
    public void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException {
        Map<String, NdArray> tensors = new LinkedHashMap<>(network.state().asMap());
        optimizer.velocity().forEach((name, values) -> tensors.put(VELOCITY + name, values));
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
        optimizer.loadVelocity(saved.tensors(), name -> VELOCITY + name);
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
        for (StateEntry entry : network.network().state()) {
            String name = entry.name();
            boolean trained = entry.parameter().trained();
            boolean fits = fits(tensors, name, entry) && (!trained || fits(tensors, VELOCITY + name, entry));
            if (!fits) {
                throw new IOException(file + ": " + name + " is missing or not "
                        + entry.parameter().dims() + "; it is a checkpoint of " + model
                        + " with other classes or another form");
            }
        }
    }

    private static boolean fits(Tensors tensors, String name, StateEntry entry) {
        return tensors.has(name)
                && tensors.get(name).dims().equals(entry.parameter().dims());
    }

    @Override
    public void close() {
        network.close();
        optimizer.close();
        normalization.close();
    }
}
