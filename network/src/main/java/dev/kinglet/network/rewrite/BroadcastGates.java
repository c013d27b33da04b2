package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import java.util.Map;

/**
 * Lays the factors of squeeze and excitation out over the whole image before it is scaled by them: a runtime that keeps
 * several channels together can multiply two images as they are, but takes one apart to scale its channels.
 */
public final class BroadcastGates implements Rewrite {
    /** The rewrite; it has no settings. */
    public BroadcastGates() {}

    @Override
    public String name() {
        return "expand-gates";
    }

    @Override
    public Model apply(Model model) {
        if (model.network().layers().stream().noneMatch(BroadcastGates::isExpanded)) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            if (isExpanded(layer)) {
                edit.replace(layer, new Op.Scale(true), Map.of());
            } else {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private static boolean isExpanded(Layer layer) {
        return layer.op() instanceof Op.Scale scale
                && !scale.expanded()
                && layer.shape().elements() > layer.shape().channels();
    }
}
