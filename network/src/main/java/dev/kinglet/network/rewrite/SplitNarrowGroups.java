package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes of a convolution whose groups have few outputs each as many depthwise convolutions as a group has outputs, and of
 * each a pointwise one that adds up the channels of a group: runtimes have a fast way for both, and none for many thin
 * groups. Comes after {@link MergeGroups}, which takes those that fill the lanes together.
 */
public final class SplitNarrowGroups implements Rewrite {
    /** Outputs of a group up to which splitting is always the faster way. */
    static final int THIN = 2;

    private static final int MOST = 4; // outputs of a group; each is a depthwise convolution over all inputs

    private final ConvPlan forms;

    /** @param forms which convolutions are split, and which are not; their outputs decide of the others */
    public SplitNarrowGroups(ConvPlan forms) {
        this.forms = forms;
    }

    @Override
    public String name() {
        return "split-thin-groups";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(this::isSplit)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (isSplit(layer)) {
                split(layer, model.tensors(), edit);
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private boolean isSplit(Layer layer) {
        if (!(layer.op() instanceof Op.Conv conv)
                || !conv.inGroups()
                || conv.window().kernel() == 1) {
            return false;
        }
        return forms.of(layer).map(form -> form == ConvImplementation.SPLIT).orElse(conv.out() / conv.groups() <= MOST);
    }

    private static void split(Layer layer, Tensors tensors, Edit edit) {
        Op.Conv conv = (Op.Conv) layer.op();
        int members = conv.out() / conv.groups();
        List<Layer> sums = new ArrayList<>();
        for (int member = 0; member < members; member++) {
            String name = layer.name() + "." + member;
            Op.Conv depthwise = new Op.Conv(conv.in(), conv.in(), conv.window(), conv.in(), false);
            NdArray kernels = new NdArray.Floats(depthwise.parameters().get(0).dims(), kernels(layer, tensors, member));
            Layer seen = edit.add(name + ".depthwise", depthwise, edit.inputs(layer), Map.of("weight", kernels));
            Op.Conv pointwise = new Op.Conv(conv.in(), conv.out(), Window.of(1), 1, member == 0 && conv.bias());
            Map<String, NdArray> own = new LinkedHashMap<>();
            own.put("weight", new NdArray.Floats(pointwise.parameters().get(0).dims(), ones(conv, member)));
            if (pointwise.bias()) {
                own.put("bias", tensors.get(layer.nameOf("bias")));
            }
            sums.add(edit.add(name, pointwise, List.of(seen), own));
        }
        Layer sum = sums.get(0);
        for (int member = 1; member < members; member++) {
            sum = edit.add(
                    layer.name() + "." + member + ".add", new Op.Add(), List.of(sum, sums.get(member)), Map.of());
        }
        edit.move(layer, sum);
    }

    /** {@code [in, 1, kernel, kernel]}: of each input channel the kernel that makes one of its group's outputs. */
    private static float[] kernels(Layer layer, Tensors tensors, int member) {
        Op.Conv conv = (Op.Conv) layer.op();
        float[] weight = tensors.floats(layer.nameOf("weight"));
        int inputs = conv.in() / conv.groups();
        int outputs = conv.out() / conv.groups();
        int taps = conv.window().kernel() * conv.window().kernel();
        float[] chosen = new float[conv.in() * taps];
        for (int in = 0; in < conv.in(); in++) {
            int out = in / inputs * outputs + member;
            System.arraycopy(weight, (out * inputs + in % inputs) * taps, chosen, in * taps, taps);
        }
        return chosen;
    }

    /** {@code [out, in, 1, 1]}: a group's inputs into one of its outputs. */
    private static float[] ones(Op.Conv conv, int member) {
        float[] ones = new float[conv.out() * conv.in()];
        for (int in = 0; in < conv.in(); in++) {
            int out = in / (conv.in() / conv.groups()) * (conv.out() / conv.groups()) + member;
            ones[out * conv.in() + in] = 1;
        }
        return ones;
    }
}
