package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes of a convolution in many small groups one in fewer larger ones, with zeros between those that were apart, where that
 * makes the channels of a group multiples of the lanes: runtimes then work on so many channels at once instead of copying
 * each group by itself. Depthwise convolutions have a way of their own and stay, and so do pointwise ones, which need no
 * copying, and those that {@link SplitNarrowGroups} makes less work of.
 */
public final class MergeGroups implements Rewrite {
    private static final int MAX_MERGED = 8; // groups in one: as many times the multiply-accumulates

    private final ConvPlan forms;

    /** @param forms which convolutions are merged or made dense, and which are not; the lanes decide of the others */
    public MergeGroups(ConvPlan forms) {
        this.forms = forms;
    }

    @Override
    public String name() {
        return "merge-groups";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(layer -> merged(layer) > 1)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            int merged = merged(layer);
            if (merged > 1) {
                Op.Conv conv = (Op.Conv) layer.op();
                Op.Conv wide = new Op.Conv(conv.in(), conv.out(), conv.window(), conv.groups() / merged, conv.bias());
                Map<String, NdArray> own = new LinkedHashMap<>(edit.own(layer));
                own.put("weight", widened(conv, wide, model.tensors().floats(layer.nameOf("weight"))));
                edit.replace(layer, wide, own);
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    /** How many groups become one; 1 where nothing is gained. */
    private int merged(Layer layer) {
        if (!(layer.op() instanceof Op.Conv conv)
                || !conv.inGroups()
                || conv.window().kernel() == 1) {
            return 1;
        }
        boolean thin = conv.out() / conv.groups() <= SplitNarrowGroups.THIN;
        return switch (forms.of(layer).orElse(thin ? ConvImplementation.SPLIT : ConvImplementation.MERGED)) {
            case DENSE -> conv.groups();
            case MERGED -> filling(conv);
            case SPLIT, GROUPED -> 1;
        };
    }

    /** How many groups fill the lanes together; 1 where none do, or it takes too many. */
    private int filling(Op.Conv conv) {
        for (int merged = 1; merged <= Math.min(MAX_MERGED, conv.groups()); merged++) {
            boolean divides = conv.groups() % merged == 0;
            int groups = conv.groups() / merged;
            boolean blocks = conv.in() / groups % forms.lanes() == 0 && conv.out() / groups % forms.lanes() == 0;
            if (divides && blocks) {
                return merged;
            }
        }
        return 1;
    }

    /** {@code [out, in / groups, kernel, kernel]} of the wide convolution. */
    private static NdArray widened(Op.Conv conv, Op.Conv wide, float[] weight) {
        int perGroup = conv.in() / conv.groups();
        int perWideGroup = wide.in() / wide.groups();
        int taps = conv.window().kernel() * conv.window().kernel();
        float[] values = new float[conv.out() * perWideGroup * taps];
        for (int out = 0; out < conv.out(); out++) {
            int group = out / (conv.out() / conv.groups());
            int start = group * perGroup % perWideGroup; // of the group's inputs among those of the wide one
            System.arraycopy(
                    weight, out * perGroup * taps, values, (out * perWideGroup + start) * taps, perGroup * taps);
        }
        return new NdArray.Floats(wide.parameters().get(0).dims(), values);
    }
}
