package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The changes of one rewrite to one model, by layer of the source. Layers without a change are copied as they are. */
final class Changes {
    /** The layers of the copy that take the place of one layer of the source. */
    interface Change {
        /** Adds them, and names the one that stands for the source's by {@link Edit#substitute}. */
        void make(Edit edit);
    }

    private final Map<Layer, Change> changes = new HashMap<>();

    /** Makes {@code change} in the place of a layer, when all layers before it have been copied. */
    void at(Layer layer, Change change) {
        changes.put(layer, change);
    }

    /**
     * Puts another op in the place of a layer's, over the same inputs.
     *
     * @param changed the new op's tensors, by their names inside the layer, where they are not those of the old op
     */
    void replace(Layer layer, Op op, Map<String, NdArray> changed) {
        at(layer, edit -> {
            Map<String, NdArray> tensors = new LinkedHashMap<>(edit.tensors(layer));
            tensors.putAll(changed);
            edit.replace(layer, op, tensors);
        });
    }

    /** Leaves out a layer that nothing in the copy reads. */
    void leaveOut(Layer layer) {
        at(layer, edit -> {});
    }

    /** Leaves out a layer; its readers read its only input instead. */
    void bypass(Layer layer) {
        at(layer, edit -> edit.substitute(layer, edit.copyOf(layer.input())));
    }

    /** The model with all changes, its state in the order of its layers; the model itself if there are none. */
    Model applyTo(Model model) {
        return changes.isEmpty() ? model : edit(model).model();
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    /** The finished copy. */
    Edit edit(Model model) {
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            changes.getOrDefault(layer, copy -> copy.keep(layer)).make(edit);
        }
        return edit;
    }
}
