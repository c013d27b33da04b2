package dev.kinglet.network;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes pointwise convolutions of the linear layers whose result scales channels: squeeze and excitation stays a picture
 * of 1x1, and needs no change of form on the way in and out.
 */
public final class GatesToConvolutions implements Rewrite {
    /** The rewrite; it has no settings. */
    public GatesToConvolutions() {}

    @Override
    public String name() {
        return "gates-to-convolutions";
    }

    @Override
    public Model apply(Model model) {
        Set<Layer> gates = gates(model.network());
        if (gates.isEmpty()) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (gates.contains(layer)) {
                Op.Linear linear = (Op.Linear) layer.op();
                Op.Conv conv = new Op.Conv(linear.in(), linear.out(), Window.of(1), 1, linear.bias());
                Map<String, NdArray> own = new LinkedHashMap<>(edit.own(layer));
                float[] weight = model.tensors().floats(layer.nameOf("weight"));
                own.put("weight", new NdArray.Floats(List.of(linear.out(), linear.in(), 1, 1), weight));
                edit.replace(layer, conv, own);
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    /** Linear layers of 1x1 pictures on the way to the factors of a {@link Op.Scale}. */
    private static Set<Layer> gates(Network network) {
        Set<Layer> gates = new HashSet<>();
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.Scale) {
                Layer before = layer.inputs().get(1);
                while (before.op() instanceof Op.Activation || before.op() instanceof Op.Linear) {
                    Shape input = before.input().shape();
                    if (before.op() instanceof Op.Linear && input.height() == 1 && input.width() == 1) {
                        gates.add(before);
                    }
                    before = before.input();
                }
            }
        }
        return gates;
    }
}
