package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.kinglet.network.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Builder of a graph: nodes, initializers and declared activations, each with a unique name. */
final class GraphBuilder {
    /**
     * An activation in the file. In a network it is an image c x h x w, and a vector is one with h = w = 1. ONNX
     * distinguishes the two: Conv and the pools read [batch, c, h, w], Gemm computes [batch, c]. So each value knows its
     * rank, and a layer that needs the other asks for it: Flatten one way, Unsqueeze the other, each at most once per value.
     *
     * @param vector whether it is {@code [batch, c]} instead of {@code [batch, c, h, w]}
     */
    record Value(String name, Shape shape, boolean vector) {}

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Names values = new Names();
    private final Names nodes = new Names();
    private final Map<Value, Value> vectors = new HashMap<>(); // an image -> the same as a vector
    private final Map<Value, Value> images = new HashMap<>();
    private final Map<String, String> constants = new HashMap<>(); // purpose of a constant -> its name

    /** Keeps a name for an activation or initializer that will have just this one. */
    void reserveValue(String name) {
        values.fresh(name);
    }

    /** Keeps a name for a node that will have just this one. */
    void reserveNode(String name) {
        nodes.fresh(name);
    }

    GraphProto build(String name, Value input, InputType type, List<Value> outputs) {
        graph.setName(name).addInput(info(input, type));
        outputs.forEach(output -> graph.addOutput(info(output, InputType.FLOAT32)));
        return graph.build();
    }

    /** An activation inside the graph, under the name that is wanted if it is still free. */
    Value declare(String wanted, Shape shape, boolean vector) {
        Value value = new Value(values.fresh(wanted), shape, vector);
        graph.addValueInfo(info(value, InputType.FLOAT32));
        return value;
    }

    /** @param name kept for it before */
    void addNode(String type, String name, List<String> inputs, Value output, AttributeProto... attributes) {
        graph.addNode(Protos.node(type, name, inputs, output.name(), attributes));
    }

    /** Declares an activation, and adds the node that computes it, under the same name. */
    Value make(
            String wanted,
            String type,
            List<String> inputs,
            Shape shape,
            boolean vector,
            AttributeProto... attributes) {
        Value output = declare(wanted, shape, vector);
        addNode(type, nodes.fresh(output.name()), inputs, output, attributes);
        return output;
    }

    Value asVector(Value value) {
        if (value.vector()) {
            return value;
        }
        return vectors.computeIfAbsent(value, image -> {
            Value flat = flatten(image, values.fresh(image.name() + ".flat"));
            graph.addValueInfo(info(flat, InputType.FLOAT32));
            return flat;
        });
    }

    /** The same as a vector, which is not declared. */
    Value flatten(Value image, String name) {
        Value flat = new Value(name, new Shape(Math.toIntExact(image.shape().elements()), 1, 1), true);
        String node = nodes.fresh(image.name() + ".flatten");
        addNode("Flatten", node, List.of(image.name()), flat, Protos.integer("axis", 1));
        return flat;
    }

    Value asImage(Value value) {
        if (!value.vector()) {
            return value;
        }
        return images.computeIfAbsent(value, flat -> {
            Value image = declare(flat.name() + ".picture", flat.shape(), false);
            String axes = constants.computeIfAbsent("picture.axes", wanted -> longs(wanted, 2, 3));
            addNode("Unsqueeze", nodes.fresh(flat.name() + ".unsqueeze"), List.of(flat.name(), axes), image);
            return image;
        });
    }

    /** The name of an initializer, written once however often it is asked for. */
    String constant(String wanted, List<Integer> dims, float... elements) {
        return constants.computeIfAbsent(wanted, name -> floats(name, dims, elements));
    }

    /** Likewise a single number. */
    String scalar(String wanted, float value) {
        return constant(wanted, List.of(), value);
    }

    /** Adds an initializer under the name that is wanted if it is still free; returns its name. */
    String floats(String wanted, List<Integer> dims, float... elements) {
        return reserved(values.fresh(wanted), dims, elements);
    }

    /** Likewise a list of integers. */
    String longs(String wanted, long... elements) {
        return reserved(values.fresh(wanted), elements);
    }

    /** Adds an initializer whose name was kept for it before. */
    String reserved(String name, List<Integer> dims, float... elements) {
        graph.addInitializer(Protos.floats(name, dims, elements));
        return name;
    }

    /** Likewise a list of integers. */
    String reserved(String name, long... elements) {
        graph.addInitializer(Protos.longs(name, elements));
        return name;
    }

    private static ValueInfoProto info(Value value, InputType type) {
        Shape shape = value.shape();
        TensorShapeProto.Builder dims = TensorShapeProto.newBuilder().addDim(axis().setDimParam("batch"));
        dims.addDim(axis().setDimValue(shape.channels()));
        if (!value.vector()) {
            dims.addDim(axis().setDimValue(shape.height())).addDim(axis().setDimValue(shape.width()));
        }
        return ValueInfoProto.newBuilder()
                .setName(value.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.element().getNumber())
                                .setShape(dims)))
                .build();
    }

    private static TensorShapeProto.Dimension.Builder axis() {
        return TensorShapeProto.Dimension.newBuilder();
    }
}
