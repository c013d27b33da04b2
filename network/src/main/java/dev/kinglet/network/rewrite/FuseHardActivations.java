package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import java.util.Map;

/** Writes hard-sigmoid and hard-swish as one operation each, instead of an addition, a clipping and a division or more. */
final class FuseHardActivations implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.FUSE_HARD_ACTIVATIONS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.Activation op && !op.fused() && isHard(op.function())) {
                changes.replace(layer, new Op.Activation(op.function(), true), Map.of());
            }
        }
    }

    private static boolean isHard(Function function) {
        return switch (function) {
            case HARD_SIGMOID, HARD_SWISH -> true;
            case RELU, RELU6, SIGMOID -> false;
        };
    }
}
