package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Splits a convolution whose groups have few outputs each: for each output of a group, a depthwise convolution over all
 * inputs and a pointwise one that adds up the channels of each group; the pointwise results are added. Runtimes have fast
 * kernels for both, and none for many groups narrower than a channel block. Comes after {@link MergeGroups}, which merges
 * the groups that fill blocks together.
 */
final class SplitNarrowGroups implements LayerwiseRewrite {
    /** Outputs per group up to which splitting is faster than merging whatever the channel block. */
    static final int ALWAYS_SPLIT = 2;

    private static final int MAX_OUTPUTS = 4; // of a group; each is a depthwise convolution over all inputs

    private final ConvPlan plan;

    /** @param plan decides which convolutions are split; where it is silent, the number of outputs per group does */
    SplitNarrowGroups(ConvPlan plan) {
        this.plan = plan;
    }

    @Override
    public String name() {
        return Rewrites.SPLIT_NARROW_GROUPS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Conv conv && isSplit(layer, conv)) {
                changes.at(layer, edit -> split(layer, conv, model.tensors(), edit));
            }
        }
    }

    private boolean isSplit(Layer layer, Op.Conv conv) {
        return conv.isGrouped()
                && conv.window().kernel() > 1
                && plan.of(layer)
                        .map(implementation -> implementation == ConvImplementation.SPLIT)
                        .orElse(conv.outPerGroup() <= MAX_OUTPUTS);
    }

    private static void split(Layer layer, Op.Conv conv, Tensors tensors, Edit edit) {
        List<Layer> parts = IntStream.range(0, conv.outPerGroup())
                .mapToObj(member -> member(layer, conv, member, tensors, edit))
                .toList();
        Layer sum = parts.get(0);
        for (int member = 1; member < parts.size(); member++) {
            String name = layer.name() + "." + member + ".add";
            sum = edit.add(name, new Op.Add(), List.of(sum, parts.get(member)), Map.of());
        }
        edit.substitute(layer, sum);
    }

    /** The outputs {@code member} of all groups, each at its channel, and zeros at all other channels. */
    private static Layer member(Layer layer, Op.Conv conv, int member, Tensors tensors, Edit edit) {
        String name = layer.name() + "." + member;
        Op.Conv depthwise = new Op.Conv(conv.in(), conv.in(), conv.window(), conv.in(), false);
        float[] kernels = kernels(conv, tensors.floats(layer.nameOf("weight")), member);
        Layer filtered = edit.add(
                name + ".depthwise",
                depthwise,
                edit.inputs(layer),
                Map.of("weight", new NdArray.Floats(depthwise.weight().dims(), kernels)));
        Op.Conv pointwise = new Op.Conv(conv.in(), conv.out(), Window.of(1), 1, member == 0 && conv.bias());
        Map<String, NdArray> values = new LinkedHashMap<>();
        values.put("weight", new NdArray.Floats(pointwise.weight().dims(), ones(conv, member)));
        if (pointwise.bias()) {
            values.put("bias", tensors.get(layer.nameOf("bias")));
        }
        return edit.add(name, pointwise, List.of(filtered), values);
    }

    /** {@code [in, 1, kernel, kernel]}: for each input channel the kernel that the output {@code member} of its group has. */
    private static float[] kernels(Op.Conv conv, float[] weight, int member) {
        int inputs = conv.inPerGroup();
        int elements = conv.window().elements();
        float[] kernels = new float[conv.in() * elements];
        for (int in = 0; in < conv.in(); in++) {
            int out = in / inputs * conv.outPerGroup() + member;
            System.arraycopy(weight, (out * inputs + in % inputs) * elements, kernels, in * elements, elements);
        }
        return kernels;
    }

    /** {@code [out, in, 1, 1]}: the inputs of each group into the output {@code member} of the group. */
    private static float[] ones(Op.Conv conv, int member) {
        float[] ones = new float[conv.out() * conv.in()];
        for (int in = 0; in < conv.in(); in++) {
            int out = in / conv.inPerGroup() * conv.outPerGroup() + member;
            ones[out * conv.in() + in] = 1;
        }
        return ones;
    }
}
