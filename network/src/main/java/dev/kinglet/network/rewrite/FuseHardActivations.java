package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import java.util.Map;

/** Makes hard-sigmoid and hard-swish one operation each, instead of an addition, a clipping and a division or more. */
public final class FuseHardActivations implements Rewrite {
    /** The rewrite; it has no settings. */
    public FuseHardActivations() {}

    @Override
    public String name() {
        return "fuse-hard-curves";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(FuseHardActivations::isLoose)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (isLoose(layer)) {
                Function function = ((Op.Activation) layer.op()).function();
                edit.replace(layer, new Op.Activation(function, true), Map.of());
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private static boolean isLoose(Layer layer) {
        return layer.op() instanceof Op.Activation op
                && !op.fused()
                && (op.function() == Function.HARD_SIGMOID || op.function() == Function.HARD_SWISH);
    }
}
