package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Shape;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model being copied layer by layer, with changes on the way: what a {@link Rewrite} is made of. Used once. */
final class Edit {
    private final Model source;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<Layer, Layer> moved = new HashMap<>(); // a layer of the source -> what now makes its activation
    private final Map<String, StateEntry> state = new LinkedHashMap<>();
    private final Map<String, NdArray> tensors = new HashMap<>();

    Edit(Model source) {
        this.source = source;
    }

    /** The inputs of a layer of the source, in the copy. */
    List<Layer> inputs(Layer layer) {
        return layer.inputs().stream().map(this::moved).toList();
    }

    /** What now makes the activation of a layer of the source. */
    Layer moved(Layer layer) {
        Layer now = moved.get(layer);
        if (now == null) {
            throw new IllegalStateException("'" + layer.name() + "' is read before it is copied");
        }
        return now;
    }

    /** Says that {@code now} makes the activation of a layer of the source. */
    void move(Layer layer, Layer now) {
        moved.put(layer, now);
    }

    /** Copies a layer as it is, tensors included. */
    Layer keep(Layer layer) {
        return replace(layer, layer.op(), own(layer));
    }

    /** Puts another op in the place of a layer's, over the same inputs. */
    Layer replace(Layer layer, Op op, Map<String, NdArray> own) {
        Layer copy = add(layer.name(), op, inputs(layer), own);
        move(layer, copy);
        return copy;
    }

    /**
     * Adds a layer that the source does not have.
     *
     * @param inputs of the copy
     * @param own the op's tensors by their names inside the layer
     */
    Layer add(String name, Op op, List<Layer> inputs, Map<String, NdArray> own) {
        Shape shape = op.output(inputs.stream().map(Layer::shape).toList());
        Layer layer = new Layer(layers.size(), name, op, inputs, shape);
        layers.add(layer);
        for (Parameter p : op.parameters()) {
            NdArray value = own.get(p.name());
            if (value == null) {
                throw new IllegalArgumentException("'" + name + "' has no value for its " + p.name());
            }
            state.put(layer.nameOf(p), new StateEntry(layer.nameOf(p), layer, p));
            tensors.put(layer.nameOf(p), value);
        }
        return layer;
    }

    /** The tensors of a layer of the source, by their names inside it. */
    Map<String, NdArray> own(Layer layer) {
        Map<String, NdArray> own = new LinkedHashMap<>();
        layer.op().parameters().forEach(p -> own.put(p.name(), source.tensors().get(layer.nameOf(p))));
        return own;
    }

    /** The copy, its state in the order of its layers. */
    Model model() {
        return model(List.copyOf(state.keySet()));
    }

    /** The copy, its state in this order. */
    Model model(List<String> order) {
        List<StateEntry> entries = order.stream().map(state::get).toList();
        Map<String, NdArray> values = new LinkedHashMap<>();
        order.forEach(name -> values.put(name, tensors.get(name)));
        return new Model(new Network(source.network().name(), layers, entries), new Tensors(values), source.card());
    }

    /** Whether the copy has a tensor of this name. */
    boolean has(String name) {
        return state.containsKey(name);
    }
}
