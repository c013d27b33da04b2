package dev.kinglet.network;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a pointwise convolution and the channel matrix behind it, with a shuffle before both if there is one, a single
 * pointwise convolution. In CondenseNetV2 that is a reactivation, shuffle, grouped convolution and one-hot product: the
 * dense convolution has as many times the multiply-accumulates as there were groups, but of a narrow input, and it needs
 * no copying of channels.
 */
public final class MergeMatrices implements Rewrite {
    /** The rewrite; it has no settings. */
    public MergeMatrices() {}

    @Override
    public String name() {
        return "merge-matrices";
    }

    /** What becomes one convolution. */
    private record Run(@Nullable Layer shuffle, Layer conv, Layer matrix) {
        static @Nullable Run endingIn(Layer matrix, int[] readers) {
            if (!(matrix.op() instanceof Op.ChannelMatrix)) {
                return null;
            }
            Layer conv = matrix.input();
            boolean plain =
                    conv.op() instanceof Op.Conv op && op.window().equals(Window.of(1)) && readers[conv.id()] == 1;
            if (!plain) {
                return null;
            }
            Layer before = conv.input();
            boolean shuffled = before.op() instanceof Op.Shuffle && readers[before.id()] == 1;
            return new Run(shuffled ? before : null, conv, matrix);
        }

        Layer input() {
            return shuffle == null ? conv.input() : shuffle.input();
        }
    }

    @Override
    public Model apply(Model model) {
        Network network = model.network();
        int[] readers = network.readers();
        Map<Layer, Run> ends = new HashMap<>();
        Set<Layer> gone = new HashSet<>();
        for (Layer layer : network.layers()) {
            Run run = Run.endingIn(layer, readers);
            if (run != null) {
                ends.put(layer, run);
                gone.add(run.conv);
                if (run.shuffle != null) {
                    gone.add(run.shuffle);
                }
            }
        }
        if (ends.isEmpty()) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : network.layers()) {
            Run run = ends.get(layer);
            if (run != null) {
                edit.move(layer, merge(run, model.tensors(), edit));
            } else if (!gone.contains(layer)) {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private static Layer merge(Run run, Tensors tensors, Edit edit) {
        Op.Conv conv = (Op.Conv) run.conv.op();
        Op.ChannelMatrix matrix = (Op.ChannelMatrix) run.matrix.op();
        int in = conv.in();
        int perGroup = in / conv.groups();
        int rowsPerGroup = conv.out() / conv.groups();
        float[] weight = tensors.floats(run.conv.nameOf("weight"));
        float[] index = tensors.floats(run.matrix.nameOf(Op.ChannelMatrix.INDEX));
        int[] sources = run.shuffle == null ? null : ((Op.Shuffle) run.shuffle.op()).sources(in);
        double[] dense = new double[Math.multiplyExact(matrix.out(), in)];
        double[] bias = new double[matrix.out()];
        for (int row = 0; row < matrix.in(); row++) {
            for (int out = 0; out < matrix.out(); out++) {
                double share = index[row * matrix.out() + out];
                if (share == 0) {
                    continue;
                }
                for (int k = 0; k < perGroup; k++) {
                    int channel = row / rowsPerGroup * perGroup + k;
                    int source = sources == null ? channel : sources[channel];
                    dense[out * in + source] += share * weight[row * perGroup + k];
                }
                bias[out] += conv.bias() ? share * tensors.floats(run.conv.nameOf("bias"))[row] : 0;
            }
        }
        Op.Conv merged = new Op.Conv(in, matrix.out(), Window.of(1), 1, conv.bias());
        Map<String, NdArray> own = new LinkedHashMap<>();
        own.put("weight", new NdArray.Floats(merged.parameters().get(0).dims(), floats(dense)));
        own.put("bias", new NdArray.Floats(List.of(matrix.out()), floats(bias)));
        return edit.add(run.matrix.name(), merged, List.of(edit.moved(run.input())), own);
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
