package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kinglet.network.Card;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Another head for a file with embeddings: the cosine similarity of an embedding, less a mean, to one prototype per class,
 * times a scale. What only the old head needs is left out.
 */
final class PrototypeHead {
    private static final String MEAN = "prototypes.mean";
    private static final String WEIGHT = "prototypes.weight";

    private PrototypeHead() {}

    /** @see OnnxFile#withPrototypes */
    static ModelProto replace(OnnxFile file, float[] mean, float[] weight, Card card) {
        ModelProto model;
        try {
            model = ModelProto.parseFrom(file.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("a file that was checked cannot be parsed", e);
        }
        GraphProto graph = model.getGraph();
        Set<String> needed = needed(graph);
        Names values = new Names();
        Names nodes = new Names();
        needed.forEach(values::fresh);
        values.fresh(file.output());
        GraphProto.Builder changed = graph.toBuilder()
                .clearNode()
                .clearInitializer()
                .clearValueInfo()
                .clearOutput();
        for (NodeProto node : graph.getNodeList()) {
            if (needed.contains(node.getOutput(0))) {
                changed.addNode(node);
                nodes.fresh(node.getName());
            }
        }
        for (TensorProto tensor : graph.getInitializerList()) {
            if (needed.contains(tensor.getName())) {
                changed.addInitializer(tensor);
            }
        }
        for (ValueInfoProto value : graph.getValueInfoList()) {
            if (needed.contains(value.getName())) {
                changed.addValueInfo(value);
            }
        }
        int features = mean.length;
        int classes = card.labels().size();
        float[] shift = new float[features];
        for (int i = 0; i < features; i++) {
            shift[i] = -mean[i];
        }
        String shiftName = values.fresh(MEAN);
        String weightName = values.fresh(WEIGHT);
        String centered = values.fresh("prototypes.centered");
        String direction = values.fresh("prototypes.normalized");
        changed.addInitializer(Protos.floats(shiftName, List.of(features), shift))
                .addInitializer(Protos.floats(weightName, List.of(classes, features), weight))
                .addNode(Protos.node("Add", nodes.fresh(centered), List.of(OnnxFile.EMBEDDING, shiftName), centered))
                .addNode(Protos.node(
                        "LpNormalization",
                        nodes.fresh(direction),
                        List.of(centered),
                        direction,
                        Protos.integer("axis", 1),
                        Protos.integer("p", 2)))
                .addNode(Protos.node(
                        "Gemm",
                        nodes.fresh("prototypes"),
                        List.of(direction, weightName),
                        file.output(),
                        Protos.integer("transB", 1)));
        ValueInfoProto.Builder logits = graph.getOutput(0).toBuilder();
        logits.getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(1)
                .setDimValue(classes);
        changed.addOutput(logits).addOutput(graph.getOutput(1));

        ModelProto.Builder written = model.toBuilder().setGraph(changed).clearMetadataProps();
        card.toMetadata().forEach((key, value) -> written.addMetadataProps(Protos.entry(key, value)));
        Set<String> ofCard = new HashSet<>(file.card().toMetadata().keySet());
        model.getMetadataPropsList().stream()
                .filter(entry -> !ofCard.contains(entry.getKey()))
                .forEach(written::addMetadataProps);
        return written.build();
    }

    /** Names of all values that the embedding is computed from, its own among them. */
    private static Set<String> needed(GraphProto graph) {
        Map<String, NodeProto> producers = new HashMap<>();
        graph.getNodeList().forEach(node -> producers.put(node.getOutput(0), node));
        Set<String> needed = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(OnnxFile.EMBEDDING));
        while (!open.isEmpty()) {
            String name = open.pop();
            NodeProto producer = producers.get(name);
            if (needed.add(name) && producer != null) {
                producer.getInputList().forEach(open::push);
            }
        }
        return needed;
    }
}
