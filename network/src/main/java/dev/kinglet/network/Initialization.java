package dev.kinglet.network;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Random initialization: weights of convolutions and linear layers are drawn from a normal distribution of mean 0; biases
 * start at 0, tensors that are not trained at {@link Op#initialValue}.
 *
 * @param convStd standard deviation of a convolution's weights, by its layer
 * @param linearStd standard deviation of a linear layer's weights, by its layer
 * @param normScale initial scale (weight) of a batch normalization
 * @param normBias initial bias of a batch normalization
 * @param passesThrough whether a dense convolution with an odd kernel and at least as many outputs as inputs begins by handing
 *     its inputs through: its first outputs are its inputs (PyTorch's {@code dirac_}), and only the others are drawn
 */
public record Initialization(
        ToDoubleFunction<Layer> convStd,
        ToDoubleFunction<Layer> linearStd,
        double normScale,
        double normBias,
        boolean passesThrough) {
    /** All weights are drawn, and scales of batch normalization start at 1. */
    public Initialization(ToDoubleFunction<Layer> convStd, ToDoubleFunction<Layer> linearStd, double normBias) {
        this(convStd, linearStd, 1, normBias, false);
    }

    /** He et al. (2015), eq. 14, over a layer's outputs: a convolution's variance is {@code 2 / (kernel^2 out)}. */
    public static Initialization fanOut(double linearStd) {
        return new Initialization(layer -> Math.sqrt(2 / fanOut(layer)), layer -> linearStd, 0);
    }

    /** He et al. (2015), eq. 10, over a layer's inputs: variance {@code 2 / fan-in}, linear layers included. */
    public static Initialization fanIn() {
        return new Initialization(layer -> Math.sqrt(2 / fanIn(layer)), layer -> Math.sqrt(2 / fanIn(layer)), 0);
    }

    /**
     * Glorot and Bengio (2010), eq. 12, of convolutions: variance {@code 2 / (fan-in + fan-out)}; of linear layers
     * {@code 1 / (3 fan-in)}, that of PyTorch's default.
     */
    public static Initialization glorot() {
        return new Initialization(
                layer -> Math.sqrt(2 / (fanIn(layer) + fanOut(layer))), layer -> Math.sqrt(1 / (3 * fanIn(layer))), 0);
    }

    /** He et al. (2015), eq. 15, of a slope of 1/4 and over the mean of inputs and outputs, as MXNet's MSRAPrelu. */
    public static Initialization prelu() {
        ToDoubleFunction<Layer> std = layer -> Math.sqrt(4 / ((1 + 1 / 16.0) * (fanIn(layer) + fanOut(layer))));
        return new Initialization(std, std, 0);
    }

    /** Variance {@code 1 / (3 fan-in)} of convolutions and linear layers, that of PyTorch's default. */
    public static Initialization pytorch() {
        ToDoubleFunction<Layer> std = layer -> Math.sqrt(1 / (3 * fanIn(layer)));
        return new Initialization(std, std, 0);
    }

    /** The same with convolutions that {@link #passesThrough pass their inputs through}. */
    public Initialization passingThrough() {
        return new Initialization(convStd, linearStd, normScale, normBias, true);
    }

    /** The same with another initial scale of batch normalizations. */
    public Initialization withNormScale(double scale) {
        return new Initialization(convStd, linearStd, scale, normBias, passesThrough);
    }

    /** Number of weights of one output: {@code in / groups * kernel^2}. */
    private static double fanIn(Layer layer) {
        Parameter weight = weight(layer);
        return (double) weight.elements() / weight.dims().get(0);
    }

    /** Outputs that one input channel reaches, times the kernel's elements; groups do not count, as in PyTorch. */
    private static double fanOut(Layer layer) {
        Parameter weight = weight(layer);
        return (double) weight.elements() / weight.dims().get(1);
    }

    private static Parameter weight(Layer layer) {
        return layer.op().parameters().stream()
                .filter(p -> p.trained() && p.dims().size() > 1)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + layer.name() + "' has no weight to draw"));
    }

    /** The tensors of a whole network; the same random generator in the same state gives the same values. */
    public Tensors draw(Network network, RandomGenerator random) {
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            tensors.put(entry.name(), draw(entry, random));
        }
        return new Tensors(tensors);
    }

    /**
     * The same tensors with scales of 0 for the batch normalization that ends the branch of each residual connection, so that
     * only the shortcuts pass anything on at first (Goyal et al., 2017, arXiv:1706.02677, section 5.1).
     *
     * @throws IllegalArgumentException if no branch of the network ends with a batch normalization
     */
    public static Tensors zeroInitResidual(Network network, Tensors tensors) {
        List<Layer> norms = ResidualConnection.of(network).stream()
                .flatMap(connection -> connection.lastNorm().stream())
                .toList();
        if (norms.isEmpty()) {
            throw new IllegalArgumentException(
                    "zero_init_residual is for residual connections whose branch ends with a batch"
                            + " normalization, and " + network.name() + " has none");
        }
        Map<String, NdArray> zeroed = new LinkedHashMap<>(tensors.asMap());
        for (Layer norm : norms) {
            String scale = norm.nameOf("weight");
            zeroed.put(scale, NdArray.Floats.filled(tensors.get(scale).dims(), 0));
        }
        return new Tensors(zeroed);
    }

    /** The initial value of one tensor. */
    public NdArray draw(StateEntry entry, RandomGenerator random) {
        Parameter parameter = entry.parameter();
        List<Integer> dims = parameter.dims();
        Op op = entry.layer().op();
        if (!parameter.trained()) {
            return op.initialValue(parameter);
        }
        if (dims.size() == 1) {
            double value = !(op instanceof Op.BatchNorm) ? 0 : parameter.name().equals("weight") ? normScale : normBias;
            return NdArray.Floats.filled(dims, (float) value);
        }
        double std = (op instanceof Op.Linear ? linearStd : convStd).applyAsDouble(entry.layer());
        float[] values = new float[Math.toIntExact(parameter.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (std * random.nextGaussian());
        }
        if (passesThrough && op instanceof Op.Conv conv) {
            passThrough(conv, values);
        }
        return new NdArray.Floats(dims, values);
    }

    /** Makes the first outputs the inputs. */
    private static void passThrough(Op.Conv conv, float[] weight) {
        int elements = conv.window().elements();
        if (!conv.isDense() || elements % 2 == 0 || conv.out() < conv.in()) {
            return;
        }
        Arrays.fill(weight, 0, conv.in() * conv.in() * elements, 0);
        for (int channel = 0; channel < conv.in(); channel++) {
            weight[(channel * conv.in() + channel) * elements + elements / 2] = 1;
        }
    }
}
