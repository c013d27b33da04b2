package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes pointwise convolutions of linear layers that read one value a channel. Those of squeeze and excitation then need
 * no change of form on the way in and out, and runtimes are faster at such a convolution of a single image than at a
 * product of a vector and a matrix; for many images at once there is no difference.
 */
public final class LinearsToConvolutions implements Rewrite {
    /** The rewrite; it has no settings. */
    public LinearsToConvolutions() {}

    @Override
    public String name() {
        return "linears-to-convolutions";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(LinearsToConvolutions::isPointwise)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (isPointwise(layer)) {
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

    private static boolean isPointwise(Layer layer) {
        return layer.op() instanceof Op.Linear linear && layer.input().shape().channels() == linear.in();
    }
}
