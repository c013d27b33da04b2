package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.Map;

/**
 * Merges the groups of a convolution into fewer larger ones, with zero weights between those that were apart, where the
 * channels of a group then fill whole channel blocks: runtimes work on so many channels at once instead of copying each
 * group by itself. Depthwise convolutions have kernels of their own and stay; so do pointwise ones, which need no copying,
 * and those that {@link SplitNarrowGroups} runs faster.
 */
final class MergeGroups implements LayerwiseRewrite {
    private static final int MAX_MERGED = 8; // groups in one: as many times the multiply-accumulates

    private final ConvPlan plan;

    /** @param plan decides which convolutions are merged or made dense; where it is silent, the channel block does */
    MergeGroups(ConvPlan plan) {
        this.plan = plan;
    }

    @Override
    public String name() {
        return Rewrites.MERGE_GROUPS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Conv conv
                    && conv.isGrouped()
                    && conv.window().kernel() > 1) {
                int merged = merged(layer, conv);
                if (merged > 1) {
                    Op.Conv wide =
                            new Op.Conv(conv.in(), conv.out(), conv.window(), conv.groups() / merged, conv.bias());
                    float[] weight = model.tensors().floats(layer.nameOf("weight"));
                    changes.replace(layer, wide, Map.of("weight", widened(conv, wide, weight)));
                }
            }
        }
    }

    /** How many groups become one; 1 where nothing is gained. */
    private int merged(Layer layer, Op.Conv conv) {
        boolean narrow = conv.outPerGroup() <= SplitNarrowGroups.ALWAYS_SPLIT;
        return switch (plan.of(layer).orElse(narrow ? ConvImplementation.SPLIT : ConvImplementation.MERGED)) {
            case DENSE -> conv.groups();
            case MERGED -> filling(conv);
            case SPLIT, GROUPED -> 1;
        };
    }

    /** How many groups fill whole channel blocks together; 1 where none do, or it takes too many. */
    private int filling(Op.Conv conv) {
        for (int merged = 1; merged <= Math.min(MAX_MERGED, conv.groups()); merged++) {
            boolean divides = conv.groups() % merged == 0;
            int groups = conv.groups() / merged;
            int block = plan.channelBlock();
            boolean fills = conv.in() / groups % block == 0 && conv.out() / groups % block == 0;
            if (divides && fills) {
                return merged;
            }
        }
        return 1;
    }

    /** {@code [out, in / groups, kernel, kernel]} of the wide convolution. */
    private static NdArray widened(Op.Conv conv, Op.Conv wide, float[] weight) {
        int perGroup = conv.inPerGroup();
        int perWideGroup = wide.inPerGroup();
        int elements = conv.window().elements();
        float[] values = new float[conv.out() * perWideGroup * elements];
        for (int out = 0; out < conv.out(); out++) {
            int group = out / conv.outPerGroup();
            int start = group * perGroup % perWideGroup; // of the group's inputs among those of the wide one
            System.arraycopy(
                    weight,
                    out * perGroup * elements,
                    values,
                    (out * perWideGroup + start) * elements,
                    perGroup * elements);
        }
        return new NdArray.Floats(wide.weight().dims(), values);
    }
}
