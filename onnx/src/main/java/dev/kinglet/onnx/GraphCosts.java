package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Costs of an exported graph, node by node. Matrix multiplications that reorder channels, zeros that align channels and
 * convolutions merged into dense ones all count, which the costs of the network do not include.
 */
public final class GraphCosts {
    private final Map<String, List<Long>> weights =
            new HashMap<>(); // dimensions of initializers, quantized ones included
    private final Map<String, List<Long>> activations = new HashMap<>(); // the axes after the batch

    /**
     * Costs of one node for one image.
     *
     * @param op operator, such as {@code Conv}
     * @param inputs names of its activations
     * @param output name of the activation it computes
     * @param shape axes after the batch; empty where the file does not declare them
     * @param parameters elements of the weights it reads
     */
    public record NodeCost(
            String name, String op, List<String> inputs, String output, List<Long> shape, long parameters, long macs) {}

    private GraphCosts(GraphProto graph) {
        for (TensorProto tensor : graph.getInitializerList()) {
            weights.put(tensor.getName(), tensor.getDimsList());
        }
        Stream.of(graph.getInputList(), graph.getOutputList(), graph.getValueInfoList())
                .flatMap(List::stream)
                .forEach(value -> activations.put(value.getName(), axes(value)));
    }

    /**
     * Multiply-accumulates of the convolutions and matrix multiplications for one image.
     *
     * @throws OnnxException if the file does not declare the output shape of one of these
     */
    public static long macs(OnnxFile file) throws OnnxException {
        long macs = 0;
        for (NodeCost node : nodes(file)) {
            macs = Math.addExact(macs, node.macs());
        }
        return macs;
    }

    /**
     * The nodes of the graph, in order.
     *
     * @throws OnnxException if the file does not declare the output shape of a convolution or matrix multiplication
     */
    public static List<NodeCost> nodes(OnnxFile file) throws OnnxException {
        try {
            GraphProto graph = Protos.model(file.bytes()).getGraph();
            GraphCosts costs = new GraphCosts(graph);
            List<NodeCost> nodes = new ArrayList<>();
            for (NodeProto node : graph.getNodeList()) {
                nodes.add(costs.node(node));
            }
            return List.copyOf(nodes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a checked file does not parse", e);
        }
    }

    private NodeCost node(NodeProto node) throws OnnxException {
        long macs = macs(node);
        List<String> inputs = node.getInputList().stream()
                .filter(name -> !name.isEmpty() && !weights.containsKey(name))
                .toList();
        long parameters = node.getInputList().stream()
                .map(weights::get)
                .filter(Objects::nonNull)
                .mapToLong(GraphCosts::product)
                .sum();
        String output = node.getOutput(0);
        return new NodeCost(
                node.getName(),
                node.getOpType(),
                inputs,
                output,
                activations.getOrDefault(output, List.of()),
                parameters,
                macs);
    }

    private static List<Long> axes(ValueInfoProto value) {
        return value.getType().getTensorType().getShape().getDimList().stream()
                .skip(1)
                .map(TensorShapeProto.Dimension::getDimValue)
                .toList();
    }

    private long macs(NodeProto node) throws OnnxException {
        switch (node.getOpType()) {
            case "DequantizeLinear" -> {
                List<Long> converted = weights.get(node.getInput(0));
                if (converted != null) {
                    weights.put(node.getOutput(0), converted);
                }
                return 0;
            }
            case "Conv", "Gemm" -> {
                List<Long> weight = weight(node, 1); // [out, in / group, height, width] or [out, in]
                return product(outputAxes(node)) * (product(weight) / weight.get(0));
            }
            case "MatMul" -> {
                boolean left = weights.containsKey(node.getInput(0));
                List<Long> matrix = weight(node, left ? 0 : 1);
                return product(outputAxes(node)) * matrix.get(left ? 1 : 0);
            }
            default -> {
                return 0;
            }
        }
    }

    private List<Long> weight(NodeProto node, int input) throws OnnxException {
        List<Long> dims = weights.get(node.getInput(input));
        if (dims == null || dims.isEmpty()) {
            throw new OnnxException("node '" + node.getName() + "': its weight '" + node.getInput(input)
                    + "' is not in the file, so its cost is not known");
        }
        return dims;
    }

    private List<Long> outputAxes(NodeProto node) throws OnnxException {
        List<Long> axes = activations.get(node.getOutput(0));
        if (axes == null) {
            throw new OnnxException("node '" + node.getName() + "': the shape of '" + node.getOutput(0)
                    + "' is not declared, so its cost is not known; export the network again");
        }
        return axes;
    }

    private static long product(List<Long> axes) {
        return axes.stream().reduce(1L, Math::multiplyExact);
    }
}
