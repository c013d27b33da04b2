package dev.kinglet.network;

import dev.kinglet.network.Op.Activation.Curve;
import java.util.Map;

/** Makes hard-sigmoid and hard-swish one operation each, instead of an addition, a clipping and a division or more. */
public final class FuseHardCurves implements Rewrite {
    /** The rewrite; it has no settings. */
    public FuseHardCurves() {}

    @Override
    public String name() {
        return "fuse-hard-curves";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(FuseHardCurves::isLoose)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (isLoose(layer)) {
                Curve curve = ((Op.Activation) layer.op()).curve();
                edit.replace(layer, new Op.Activation(curve, true), Map.of());
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private static boolean isLoose(Layer layer) {
        return layer.op() instanceof Op.Activation op
                && !op.fused()
                && (op.curve() == Curve.HARD_SIGMOID || op.curve() == Curve.HARD_SWISH);
    }
}
