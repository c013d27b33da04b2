package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import java.util.HashSet;
import java.util.Set;

/** Leaves out layers that the output does not depend on, and dropout, which is the identity in evaluation. */
final class DropDeadLayers implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.DROP_DEAD_LAYERS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        Set<Layer> alive = alive(model.network());
        for (Layer layer : model.network().layers()) {
            if (!alive.contains(layer)) {
                changes.leaveOut(layer);
            } else if (layer.op() instanceof Op.Dropout) {
                changes.bypass(layer);
            }
        }
    }

    private static Set<Layer> alive(Network network) {
        Set<Layer> alive = new HashSet<>(Set.of(network.input(), network.output()));
        for (int id = network.layers().size() - 1; id >= 0; id--) {
            Layer layer = network.layers().get(id);
            if (alive.contains(layer)) {
                alive.addAll(layer.inputs());
            }
        }
        return alive;
    }
}
