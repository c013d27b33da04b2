package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of a graph, as far as it has been checked: initializers and the outputs of nodes, each with a unique name. */
final class Values {
    /** Kind of a node's output. */
    enum Kind {
        /** A float32 activation. */
        FLOATS,
        /** A uint8 activation: an image, or a quantized one. */
        BYTES,
        /** A float32 weight, dequantized from an initializer. */
        WEIGHT
    }

    private record Made(Kind kind, List<Long> axes) {}

    private final Map<String, TensorProto> initializers = new HashMap<>();
    private final Map<String, Made> made = new HashMap<>();

    void add(TensorProto initializer) throws OnnxException {
        take(initializer.getName(), "initializer");
        initializers.put(initializer.getName(), initializer);
    }

    /** @param axes without the batch, if it is an activation */
    void add(String name, Kind kind, List<Long> axes) throws OnnxException {
        take(name, "activation");
        made.put(name, new Made(kind, axes));
    }

    private void take(String name, String what) throws OnnxException {
        if (name.isEmpty() || initializers.containsKey(name) || made.containsKey(name)) {
            throw new OnnxException(what + " '" + name + "': something else has this name, or it has none");
        }
    }

    @Nullable
    TensorProto initializer(String name) {
        return initializers.get(name);
    }

    /** Axes of the value of this name, or null if there is none of this kind. */
    @Nullable
    List<Long> axes(String name, Kind kind) {
        Made found = made.get(name);
        return found != null && found.kind() == kind ? found.axes() : null;
    }
}
