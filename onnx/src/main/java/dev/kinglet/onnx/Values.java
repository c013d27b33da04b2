package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What there is in a graph, as far as it has been checked: initializers, and what nodes made; each name once. */
final class Values {
    /** What a node can make. */
    enum Kind {
        /** An activation of floats. */
        FLOATS,
        /** An activation of bytes: an image, or quantized. */
        BYTES,
        /** A weight of floats, of an initializer in a smaller type. */
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

    /** Axes of what has this name, or null if there is nothing of this kind and name. */
    @Nullable
    List<Long> axes(String name, Kind kind) {
        Made found = made.get(name);
        return found != null && found.kind() == kind ? found.axes() : null;
    }
}
