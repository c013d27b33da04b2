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

/** A copy of a model that grows layer by layer, with changes on the way. Used once. */
final class Edit {
    private final Model source;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<Layer, Layer> copies = new HashMap<>(); // by layer of the source: the one that stands for it
    private final Map<String, StateEntry> state = new LinkedHashMap<>();
    private final Map<String, NdArray> tensors = new HashMap<>();

    Edit(Model source) {
        this.source = source;
    }

    /** The layers of the copy that stand for the inputs of a layer of the source. */
    List<Layer> inputs(Layer layer) {
        return layer.inputs().stream().map(this::copyOf).toList();
    }

    /** The layer of the copy that stands for a layer of the source: readers of the one read the other. */
    Layer copyOf(Layer layer) {
        Layer copy = copies.get(layer);
        if (copy == null) {
            throw new IllegalStateException("'" + layer.name() + "' is read before it is copied");
        }
        return copy;
    }

    /** Lets {@code copy} stand for a layer of the source. */
    void substitute(Layer layer, Layer copy) {
        copies.put(layer, copy);
    }

    /** Copies a layer as it is, tensors included. */
    Layer keep(Layer layer) {
        return replace(layer, layer.op(), tensors(layer));
    }

    /** Puts another op in the place of a layer's, over the same inputs. */
    Layer replace(Layer layer, Op op, Map<String, NdArray> values) {
        Layer copy = add(layer.name(), op, inputs(layer), values);
        substitute(layer, copy);
        return copy;
    }

    /**
     * Adds a layer that the source does not have.
     *
     * @param inputs of the copy
     * @param values the op's tensors by their names inside the layer
     */
    Layer add(String name, Op op, List<Layer> inputs, Map<String, NdArray> values) {
        Shape shape = op.output(inputs.stream().map(Layer::shape).toList());
        Layer layer = new Layer(layers.size(), name, op, inputs, shape);
        layers.add(layer);
        for (Parameter p : op.parameters()) {
            NdArray value = values.get(p.name());
            if (value == null) {
                throw new IllegalArgumentException("'" + name + "' has no value for its " + p.name());
            }
            state.put(layer.nameOf(p), new StateEntry(layer.nameOf(p), layer, p));
            tensors.put(layer.nameOf(p), value);
        }
        return layer;
    }

    /** The tensors of a layer of the source, by their names inside it. */
    Map<String, NdArray> tensors(Layer layer) {
        Map<String, NdArray> values = new LinkedHashMap<>();
        layer.op()
                .parameters()
                .forEach(p -> values.put(p.name(), source.tensors().get(layer.nameOf(p))));
        return values;
    }

    /** The copy, its state in the order of its layers. */
    Model model() {
        return model(List.copyOf(state.keySet()));
    }

    /** The copy, its state in the order of these qualified names. */
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
