package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import java.util.HashSet;
import java.util.Set;

/** Leaves out what the output does not depend on, and dropout, which does nothing in evaluation. */
public final class DropDeadLayers implements Rewrite {
    /** The rewrite; it has no settings. */
    public DropDeadLayers() {}

    @Override
    public String name() {
        return "drop-dead-layers";
    }

    @Override
    public Model apply(Model model) {
        Network network = model.network();
        Set<Layer> alive = new HashSet<>(Set.of(network.input(), network.output()));
        for (int id = network.layers().size() - 1; id >= 0; id--) {
            Layer layer = network.layers().get(id);
            if (alive.contains(layer)) {
                alive.addAll(layer.inputs());
            }
        }
        boolean nothing = alive.size() == network.layers().size()
                && network.layers().stream().noneMatch(layer -> layer.op() instanceof Op.Dropout);
        if (nothing) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.Dropout) {
                edit.move(layer, edit.moved(layer.input()));
            } else if (alive.contains(layer)) {
                edit.keep(layer);
            }
        }
        return edit.model();
    }
}
