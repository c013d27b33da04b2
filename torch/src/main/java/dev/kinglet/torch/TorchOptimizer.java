package dev.kinglet.torch;

import dev.kinglet.network.Blocks;
import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings.Clipping;
import dev.kinglet.train.options.ParameterRates;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An {@link Optimizer} on the trained tensors of a network, which are moved into one vector, and so are their gradients: a
 * step is a few operations on all of them together instead of a few on each tensor. Tensors that are treated alike lie together.
 */
final class TorchOptimizer implements AutoCloseable {
    private static final double NORM_EPSILON = 1e-6; // PyTorch's, of a gradient norm that is divided by
    private static final double AGC_WEIGHT_NORM = 1e-3; // smallest norm of weights (Brock et al., 2021, section 4.1)

    private static final String VELOCITY = "velocity";
    private static final String MEAN = "exp_avg";
    private static final String MEAN_SQUARE = "exp_avg_sq";
    private static final String SQUARE_AVERAGE = "square_avg";
    private static final String MOMENTUM = "momentum_buffer";

    /** Names of the vectors that a rule keeps, in a checkpoint. */
    private static final Optimizer.Visitor<List<String>> STATE = new Optimizer.Visitor<>() {
        @Override
        public List<String> sgd(Optimizer.Sgd sgd) {
            return List.of(VELOCITY);
        }

        @Override
        public List<String> adamW(Optimizer.AdamW adam) {
            return List.of(MEAN, MEAN_SQUARE);
        }

        @Override
        public List<String> rmsProp(Optimizer.RmsProp rms) {
            return List.of(SQUARE_AVERAGE, MOMENTUM);
        }

        @Override
        public List<String> lamb(Optimizer.Lamb lamb) {
            return List.of(MEAN, MEAN_SQUARE);
        }
    };

    private final Optimizer rule;
    private final LearnerSettings settings;
    private final Layer head;
    private final FlatParameters parameters;
    private final Tensor gradients;
    private final List<Group> groups = new ArrayList<>();
    private final Map<String, Tensor> state = new LinkedHashMap<>(); // vectors by their names in a checkpoint

    /**
     * Parameters with the same relative learning rate, next to each other.
     *
     * @param decay factor of the weight decay, at that learning rate
     */
    private record Group(double rate, double decay, long start, long length) {
        boolean decays() {
            return decay > 0;
        }

        Tensor of(Tensor vector) {
            return vector.narrow(0, start, length);
        }
    }

    /** A tensor and how it is treated. */
    private record Treatment(StateEntry entry, double rate, double decay) {}

    /** Moves the network's trained tensors; the network must be closed before this is. */
    TorchOptimizer(TorchNetwork network, LearnerSettings settings) {
        this.settings = settings;
        this.rule = settings.optimizer().rule();
        this.head = network.network().head();
        List<Treatment> treatments = treatments(network.network(), settings);
        parameters = new FlatParameters(
                network, treatments.stream().map(Treatment::entry).toList());
        for (int first = 0; first < treatments.size(); ) {
            Treatment treatment = treatments.get(first);
            int end = first;
            while (end < treatments.size()
                    && treatments.get(end).rate == treatment.rate
                    && treatments.get(end).decay == treatment.decay) {
                end++;
            }
            long start = parameters.start(first);
            groups.add(new Group(treatment.rate, treatment.decay, start, parameters.start(end) - start));
            first = end;
        }
        try (PointerScope scope = new PointerScope()) {
            gradients = Blobs.keep(torch.zeros(parameters.length()));
            for (FlatParameters.Slice slice : parameters.slices()) {
                Tensor view = network.tensor(slice.entry().name());
                view.set_requires_grad(true);
                view.mutable_grad().put(slice.of(gradients));
            }
            for (String name : rule.accept(STATE)) {
                state.put(name, Blobs.keep(torch.zeros(parameters.length())));
            }
            if (rule instanceof Optimizer.RmsProp rms && rms.form() == Optimizer.RmsProp.Form.TENSORFLOW) {
                state(SQUARE_AVERAGE).fill_(new Scalar(1));
            }
        }
    }

    /** Those that are trained, in the order of the vector; the ones that decay come first. */
    private static List<Treatment> treatments(Network network, LearnerSettings settings) {
        ParameterRates rates = settings.optimizer().rates();
        Optimizer.Decay decay = settings.optimizer().rule().decay();
        Blocks blocks = Blocks.of(network);
        int head = blocks.count() - 1;
        List<Treatment> treatments = new ArrayList<>();
        for (StateEntry entry : network.state()) {
            double factor = normFactor(entry, rates.norm());
            if (!entry.parameter().trained()
                    || factor == 0
                    || settings.fixed().contains(entry.name())
                    || isFrozen(blocks, entry.layer(), rates)) {
                continue;
            }
            int block = blocks.indexOf(entry.layer());
            double rate = block == head && rates.head().isPresent()
                    ? rates.head().getAsDouble() / settings.peakLearningRate()
                    : Math.pow(rates.layerDecay(), head - block);
            boolean decays = decay == Optimizer.Decay.EVERYTHING
                    || entry.parameter().dims().size() > 1;
            treatments.add(new Treatment(entry, rate * factor, decays ? 1 / factor : 0));
        }
        treatments.sort(Comparator.comparing((Treatment treatment) -> treatment.decay == 0)
                .thenComparing(Comparator.comparingDouble(Treatment::rate).reversed())
                .thenComparing(Comparator.comparingDouble(Treatment::decay))); // stable
        return treatments;
    }

    private static double normFactor(StateEntry entry, ParameterRates.Norm norm) {
        boolean normalizes = entry.layer().op() instanceof Op.BatchNorm;
        return !normalizes ? 1 : entry.parameter().name().equals("bias") ? norm.bias() : norm.weight();
    }

    /** Whether a layer's weights and statistics stay as they are. */
    static boolean isFrozen(Blocks blocks, Layer layer, ParameterRates rates) {
        return blocks.indexOf(layer) < Math.min(rates.frozenBlocks(), blocks.count() - 1);
    }

    private Tensor state(String name) {
        Tensor vector = state.get(name);
        if (vector == null) {
            throw new IllegalStateException("the optimizer has no " + name + ", or is closed");
        }
        return vector;
    }

    /** The trained tensors. */
    FlatParameters parameters() {
        return parameters;
    }

    /** Gradients of the trained tensors, in the order of {@link #parameters}. */
    Tensor gradients() {
        return gradients;
    }

    /** Sets gradients to zero, before a backward pass adds to them. */
    void clearGradients() {
        gradients.zero_();
    }

    /** Makes gradients such that {@link #gradientsAreFinite} says no, whatever is added to them. */
    void spoilGradients() {
        gradients.fill_(new Scalar(Double.NaN));
    }

    /** Whether every gradient is finite. A sum over the vector is not finite if one of its elements is not. */
    boolean gradientsAreFinite() {
        try (PointerScope scope = new PointerScope()) {
            return Double.isFinite(gradients.sum().item_double());
        }
    }

    /**
     * Moves the weights by the gradients.
     *
     * @param step number of the step, from 1
     */
    void step(double learningRate, long step) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            settings.optimizer().clipping().ifPresent(this::clip);
            rule.accept(new Optimizer.Visitor<Runnable>() {
                        @Override
                        public Runnable sgd(Optimizer.Sgd sgd) {
                            return () -> step(sgd, learningRate);
                        }

                        @Override
                        public Runnable adamW(Optimizer.AdamW adam) {
                            return () -> step(adam, learningRate, step);
                        }

                        @Override
                        public Runnable rmsProp(Optimizer.RmsProp rms) {
                            return () -> step(rms, learningRate);
                        }

                        @Override
                        public Runnable lamb(Optimizer.Lamb lamb) {
                            return () -> step(lamb, learningRate, step);
                        }
                    })
                    .run();
        }
    }

    private void step(Optimizer.Sgd sgd, double learningRate) {
        Tensor velocity = state(VELOCITY);
        addWeightDecay();
        velocity.mul_(new Scalar(sgd.momentum())).add_(gradients);
        move(
                switch (sgd.kind()) {
                    case CLASSIC -> velocity;
                    case NESTEROV -> gradients.add_(velocity, new Scalar(sgd.momentum()));
                },
                learningRate);
    }

    private void step(Optimizer.AdamW adam, double learningRate, long step) {
        for (Group group : groups) {
            if (group.decays() && adam.weightDecay() > 0) {
                group.of(weights())
                        .mul_(new Scalar(1 - learningRate * group.rate * (adam.weightDecay() * group.decay)));
            }
        }
        move(adamDirection(adam.beta1(), adam.beta2(), adam.epsilon(), step), learningRate);
    }

    /** The bias-corrected mean gradient over the root of its mean square. */
    private Tensor adamDirection(double beta1, double beta2, double epsilon, long step) {
        Tensor mean = state(MEAN);
        Tensor square = state(MEAN_SQUARE);
        mean.mul_(new Scalar(beta1)).add_(gradients, new Scalar(1 - beta1));
        square.mul_(new Scalar(beta2)).addcmul_(gradients, gradients, new Scalar(1 - beta2));
        Tensor root = square.sqrt()
                .div_(new Scalar(Math.sqrt(1 - Math.pow(beta2, (double) step))))
                .add_(new Scalar(epsilon));
        return mean.div(new Scalar(1 - Math.pow(beta1, (double) step))).div_(root);
    }

    private void step(Optimizer.RmsProp rms, double learningRate) {
        Tensor square = state(SQUARE_AVERAGE);
        Tensor buffer = state(MOMENTUM);
        addWeightDecay();
        square.mul_(new Scalar(rms.alpha())).addcmul_(gradients, gradients, new Scalar(1 - rms.alpha()));
        buffer.mul_(new Scalar(rms.momentum()));
        switch (rms.form()) {
            case PYTORCH -> {
                buffer.addcdiv_(gradients, square.sqrt().add_(new Scalar(rms.epsilon())), new Scalar(1));
                move(buffer, learningRate);
            }
            case TENSORFLOW -> {
                Tensor root = square.add(new Scalar(rms.epsilon())).sqrt_();
                for (Group group : groups) {
                    group.of(buffer)
                            .addcdiv_(group.of(gradients), group.of(root), new Scalar(learningRate * group.rate));
                }
                weights().sub_(buffer, new Scalar(1));
            }
        }
    }

    private void step(Optimizer.Lamb lamb, double learningRate, long step) {
        double norm = gradients.norm().item_double();
        if (norm > 1) {
            gradients.div_(new Scalar(norm));
        }
        Tensor direction = adamDirection(lamb.beta1(), lamb.beta2(), lamb.epsilon(), step);
        for (Group group : groups) {
            if (group.decays() && lamb.weightDecay() > 0) {
                group.of(direction).add_(group.of(weights()), new Scalar(lamb.weightDecay() * group.decay));
                adapt(group, direction);
            }
        }
        move(direction, learningRate);
    }

    /** Gives the direction in each of a group's tensors the length of the tensor. */
    private void adapt(Group group, Tensor direction) {
        for (FlatParameters.Slice slice : parameters.slices()) {
            if (slice.start() < group.start || slice.start() >= group.start + group.length) {
                continue;
            }
            Tensor part = slice.of(direction);
            double weightNorm = slice.of(weights()).norm().item_double();
            double length = part.norm().item_double();
            if (weightNorm > 0 && length > 0) {
                part.mul_(new Scalar(weightNorm / length));
            }
        }
    }

    private Tensor weights() {
        return parameters.values();
    }

    /** Adds to the gradients that of the L2 penalty. */
    private void addWeightDecay() {
        if (rule.weightDecay() > 0) {
            for (Group group : groups) {
                if (group.decays()) {
                    group.of(gradients).add_(group.of(weights()), new Scalar(rule.weightDecay() * group.decay));
                }
            }
        }
    }

    /** Moves the weights against a direction, each group at its learning rate. */
    private void move(Tensor direction, double learningRate) {
        double rate = groups.isEmpty() ? 1 : groups.get(0).rate;
        if (groups.stream().allMatch(group -> group.rate == rate)) {
            weights().add_(direction, new Scalar(-learningRate * rate));
            return;
        }
        for (Group group : groups) {
            group.of(weights()).add_(group.of(direction), new Scalar(-learningRate * group.rate));
        }
    }

    private void clip(Clipping clipping) {
        double limit = clipping.limit();
        switch (clipping.mode()) {
            case NORM -> {
                double factor = limit / (gradients.norm().item_double() + NORM_EPSILON);
                if (factor < 1) {
                    gradients.mul_(new Scalar(factor));
                }
            }
            case VALUE ->
                gradients.clamp_(new ScalarOptional(new Scalar(-limit)), new ScalarOptional(new Scalar(limit)));
            case AGC -> {
                for (FlatParameters.Slice slice : parameters.slices()) {
                    if (!slice.entry().layer().equals(head)) {
                        clipAdaptively(slice, limit);
                    }
                }
            }
        }
    }

    private void clipAdaptively(FlatParameters.Slice slice, double limit) {
        Tensor gradient = slice.of(gradients);
        Tensor allowed = unitNorms(slice.of(weights()))
                .clamp_min_(new Scalar(AGC_WEIGHT_NORM))
                .mul_(new Scalar(limit));
        Tensor norm = unitNorms(gradient);
        Tensor clipped = gradient.mul(allowed.div(norm.clamp_min(new Scalar(NORM_EPSILON))));
        gradient.copy_(torch.where(norm.lt(allowed), gradient, clipped));
    }

    /** The norm of the weights of each output, {@code [out, 1, ...]}; of a vector the norm of all. */
    private static Tensor unitNorms(Tensor tensor) {
        long dims = tensor.dim();
        if (dims <= 1) {
            return tensor.norm();
        }
        return tensor.mul(tensor)
                .reshape(tensor.size(0), -1)
                .sum(1)
                .sqrt_()
                .view(dims == 4 ? new long[] {tensor.size(0), 1, 1, 1} : new long[] {tensor.size(0), 1});
    }

    /** Copies of the optimizer's vectors by tensor: {@code velocity.features.0.weight}. */
    Map<String, NdArray> state() {
        Map<String, NdArray> all = new LinkedHashMap<>();
        state.forEach((name, vector) ->
                parameters.split(vector).forEach((tensor, values) -> all.put(name + "." + tensor, values)));
        return all;
    }

    /** The tensors that {@link #load} needs, with their entries in the network's state. */
    Map<String, StateEntry> required() {
        Map<String, StateEntry> names = new LinkedHashMap<>();
        for (String name : state.keySet()) {
            for (FlatParameters.Slice slice : parameters.slices()) {
                names.put(name + "." + slice.entry().name(), slice.entry());
            }
        }
        return names;
    }

    /** Copies what {@link #state} gave over the optimizer's own. */
    void load(Tensors saved) {
        state.forEach((name, vector) -> parameters.join(saved, tensor -> name + "." + tensor, vector));
    }

    @Override
    public void close() {
        parameters.close();
        gradients.close();
        state.values().forEach(Tensor::close);
        state.clear();
    }
}
