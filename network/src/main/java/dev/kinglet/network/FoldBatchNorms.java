package dev.kinglet.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds each batch normalisation into the convolution or linear layer before it, when nobody else reads that one: in
 * evaluation {@code gamma (W x + b - mean) / sqrt(var + epsilon) + beta} is a layer of weight {@code s W} and bias
 * {@code s (b - mean) + beta}, {@code s = gamma / sqrt(var + epsilon)}. The merged layer has the name of the first.
 *
 * <p>The arithmetic is in double precision, so each folded weight is rounded once.
 */
public final class FoldBatchNorms implements Rewrite {
    /** The rewrite; it has no settings. */
    public FoldBatchNorms() {}

    @Override
    public String name() {
        return "fold-batch-norms";
    }

    @Override
    public Model apply(Model model) {
        Network network = model.network();
        int[] readers = network.readers();
        Map<Layer, Layer> folded = new HashMap<>(); // a layer with a kernel -> the batch norm that goes into it
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.BatchNorm
                    && hasKernel(layer.input().op())
                    && readers[layer.input().id()] == 1) {
                folded.put(layer.input(), layer);
            }
        }

        if (folded.isEmpty()) {
            return model;
        }

        List<Layer> layers = new ArrayList<>();
        Map<Layer, Layer> moved = new HashMap<>(); // a layer of the old network -> what now makes its activation
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.BatchNorm && layer.equals(folded.get(layer.input()))) {
                moved.put(layer, moved.get(layer.input()));
                continue;
            }
            Layer norm = folded.get(layer);
            Op op = norm == null ? layer.op() : withBias(layer.op());
            List<Layer> inputs = layer.inputs().stream().map(moved::get).toList();
            Layer copy = new Layer(layers.size(), layer.name(), op, inputs, layer.shape());
            layers.add(copy);
            moved.put(layer, copy);
            if (norm == null) {
                for (Parameter p : op.parameters()) {
                    tensors.put(layer.nameOf(p), model.tensors().get(layer.nameOf(p)));
                }
            } else {
                tensors.putAll(fold(layer, norm, model.tensors()));
            }
        }
        return new Model(new Network(network.name(), layers), new Tensors(tensors), model.card());
    }

    private static boolean hasKernel(Op op) {
        return op instanceof Op.Conv || op instanceof Op.Linear;
    }

    private static Op withBias(Op op) {
        return op instanceof Op.Conv conv ? conv.withBias() : ((Op.Linear) op).withBias();
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
        int perOutput = values.length / gamma.length;
        for (int out = 0; out < gamma.length; out++) {
            double scale = gamma[out] / Math.sqrt(variance[out] + epsilon);
            for (int i = out * perOutput; i < (out + 1) * perOutput; i++) {
                values[i] = (float) (values[i] * scale);
            }
            bias[out] = (float) ((bias[out] - mean[out]) * scale + beta[out]);
        }
        Map<String, NdArray> result = new LinkedHashMap<>();
        result.put(kernel.nameOf("weight"), new NdArray.Floats(weight.dims(), values));
        result.put(kernel.nameOf("bias"), new NdArray.Floats(List.of(gamma.length), bias));
        return result;
    }
}
