package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Folds each batch normalization into the convolution or linear layer before it, where that one has no other reader: in
 * evaluation {@code gamma (W x + b - mean) / sqrt(var + epsilon) + beta} is a layer of weight {@code s W} and bias
 * {@code s (b - mean) + beta}, {@code s = gamma / sqrt(var + epsilon)}. The folded layer has the name of the convolution or
 * linear layer. Shuffles may lie in between: they only change which channel a value belongs to.
 *
 * <p>The arithmetic is in double precision, so each folded weight is rounded once.
 */
final class FoldBatchNorms implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.FOLD_BATCH_NORMS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        int[] readers = model.network().readers();
        for (Layer norm : model.network().layers()) {
            Layer kernel = norm.op() instanceof Op.BatchNorm ? kernelBefore(norm, readers) : null;
            if (kernel != null) {
                changes.replace(kernel, withBias(kernel.op()), fold(kernel, norm, model.tensors()));
                changes.bypass(norm);
            }
        }
    }

    /** The layer that a batch normalization can be folded into; null if there is none. */
    private static @Nullable Layer kernelBefore(Layer norm, int[] readers) {
        Layer layer = norm.input();
        while (layer.op() instanceof Op.Shuffle && readers[layer.id()] == 1) {
            layer = layer.input();
        }
        boolean weighted = layer.op() instanceof Op.Conv || layer.op() instanceof Op.Linear;
        return weighted && readers[layer.id()] == 1 ? layer : null;
    }

    private static Op withBias(Op op) {
        return op instanceof Op.Conv conv ? conv.withBias() : ((Op.Linear) op).withBias();
    }

    /** For each channel of the convolution or linear layer, the channel of the normalization that it becomes. */
    private static int[] channels(Layer kernel, Layer norm) {
        int[] sources = identity(norm.shape().channels()); // by channel of the norm: its channel before the shuffles
        for (Layer layer = norm.input(); !layer.equals(kernel); layer = layer.input()) {
            int[] shuffled = ((Op.Shuffle) layer.op()).sources(sources.length);
            for (int i = 0; i < sources.length; i++) {
                sources[i] = shuffled[sources[i]];
            }
        }
        int[] channels = new int[sources.length];
        for (int i = 0; i < sources.length; i++) {
            channels[sources[i]] = i;
        }
        return channels;
    }

    private static int[] identity(int length) {
        int[] identity = new int[length];
        Arrays.setAll(identity, i -> i);
        return identity;
    }

    private static Map<String, NdArray> fold(Layer kernel, Layer norm, Tensors tensors) {
        double epsilon = ((Op.BatchNorm) norm.op()).epsilon();
        float[] gamma = tensors.floats(norm.nameOf("weight"));
        float[] beta = tensors.floats(norm.nameOf("bias"));
        float[] mean = tensors.floats(norm.nameOf("running_mean"));
        float[] variance = tensors.floats(norm.nameOf("running_var"));
        NdArray weight = tensors.get(kernel.nameOf("weight"));
        float[] values = tensors.floats(kernel.nameOf("weight")).clone();
        boolean biased = tensors.has(kernel.nameOf("bias"));
        float[] bias = biased ? tensors.floats(kernel.nameOf("bias")).clone() : new float[gamma.length];
        int[] channels = channels(kernel, norm);
        int perOutput = values.length / gamma.length;
        for (int out = 0; out < gamma.length; out++) {
            int c = channels[out];
            double scale = gamma[c] / Math.sqrt(variance[c] + epsilon);
            for (int i = out * perOutput; i < (out + 1) * perOutput; i++) {
                values[i] = (float) (values[i] * scale);
            }
            bias[out] = (float) ((bias[out] - mean[c]) * scale + beta[c]);
        }
        return Map.of(
                "weight", new NdArray.Floats(weight.dims(), values),
                "bias", new NdArray.Floats(List.of(gamma.length), bias));
    }
}
