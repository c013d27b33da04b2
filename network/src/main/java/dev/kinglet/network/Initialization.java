package dev.kinglet.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * How fresh weights are drawn: convolutions and linear layers from a normal distribution around 0, biases 0, batch
 * normalisation with scale 1, running mean 0 and running variance 1.
 *
 * @param convStd standard deviation of a convolution's weights, by its layer
 * @param linearStd standard deviation of a linear layer's weights
 * @param normBias where a batch normalisation's bias starts
 */
public record Initialization(ToDoubleFunction<Layer> convStd, double linearStd, double normBias) {
    /** He et al. (2015), eq. 10 over the outputs: a convolution's variance is {@code 2 / (kernel^2 * out)}. */
    public static Initialization fanOut(double linearStd) {
        return new Initialization(
                layer -> {
                    Op.Conv conv = (Op.Conv) layer.op();
                    int kernel = conv.window().kernel();
                    return Math.sqrt(2.0 / ((double) kernel * kernel * conv.out()));
                },
                linearStd,
                0);
    }

    /** A whole state; the same random generator in the same state gives the same values. */
    public Tensors draw(Network network, RandomGenerator random) {
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            tensors.put(entry.name(), draw(entry, random));
        }
        return new Tensors(tensors);
    }

    /** The value of one entry. */
    public NdArray draw(StateEntry entry, RandomGenerator random) {
        Parameter parameter = entry.parameter();
        List<Integer> dims = parameter.dims();
        Op op = entry.layer().op();
        if (parameter.role() == Parameter.Role.COUNTER) {
            return NdArray.Longs.scalar(0);
        }
        return switch (parameter.name()) {
            case "running_mean" -> NdArray.Floats.filled(dims, 0);
            case "running_var" -> NdArray.Floats.filled(dims, 1);
            case "bias" -> NdArray.Floats.filled(dims, op instanceof Op.BatchNorm ? (float) normBias : 0);
            default -> {
                if (op instanceof Op.BatchNorm) {
                    yield NdArray.Floats.filled(dims, 1);
                }
                double std = op instanceof Op.Conv ? convStd.applyAsDouble(entry.layer()) : linearStd;
                float[] values = new float[Math.toIntExact(parameter.elements())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (std * random.nextGaussian());
                }
                yield new NdArray.Floats(dims, values);
            }
        };
    }
}
