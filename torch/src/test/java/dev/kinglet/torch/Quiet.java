package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Networks whose loss depends on weights and images alone. */
final class Quiet {
    private Quiet() {}

    /** The model with every dropout's probability 0. */
    static Model without(Model model) {
        List<Layer> layers = new ArrayList<>();
        Map<Layer, Layer> moved = new HashMap<>();
        for (Layer layer : model.network().layers()) {
            Op op = layer.op() instanceof Op.Dropout ? new Op.Dropout(0) : layer.op();
            List<Layer> inputs = layer.inputs().stream().map(moved::get).toList();
            Layer copy = new Layer(layer.id(), layer.name(), op, inputs, layer.shape());
            layers.add(copy);
            moved.put(layer, copy);
        }
        return new Model(new Network(model.network().name(), layers), model.tensors(), model.card());
    }
}
