package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The head of an exported network that is one global average pooling and one linear layer, as a Gemm or a 1x1 convolution,
 * float32 or quantized to int8.
 */
public final class PooledHead {
    /** Nodes that leave the values of their first input as they are, up to quantization. */
    private static final Set<String> TRANSPARENT = Set.of("Flatten", "Unsqueeze", "QuantizeLinear", "DequantizeLinear");

    private final ModelProto model;
    private final String featureMap;
    private final int channels;
    private final float[] weights;

    private PooledHead(ModelProto model, String featureMap, int channels, float[] weights) {
        this.model = model;
        this.featureMap = featureMap;
        this.channels = channels;
        this.weights = weights;
    }

    /** The head of a file; none if it is another. */
    public static Optional<PooledHead> of(OnnxFile file) {
        try {
            ModelProto model = ModelProto.parseFrom(file.bytes());
            return new Search(model.getGraph()).head(model, file.output());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("a file that was checked cannot be parsed", e);
        }
    }

    /** Name of the activation that is pooled, {@code [batch, channels, height, width]}. */
    public String featureMap() {
        return featureMap;
    }

    /** Number of channels of the feature map. */
    public int channels() {
        return channels;
    }

    /** Weights of the linear layer, {@code [classes, channels]}, row-major, without its bias; not a copy. */
    public float[] weights() {
        return weights;
    }

    /** The file with the feature map as one more output. */
    public byte[] observed() {
        ValueInfoProto output = ValueInfoProto.newBuilder()
                .setName(featureMap)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber())))
                .build();
        return model.toBuilder()
                .setGraph(model.getGraph().toBuilder().addOutput(output))
                .build()
                .toByteArray();
    }

    /** A walk from the output of a checked graph to its pooling. */
    private static final class Search {
        private final Map<String, NodeProto> producers = new HashMap<>(); // by the activation they compute
        private final Map<String, TensorProto> initializers = new HashMap<>();

        Search(GraphProto graph) {
            graph.getNodeList().forEach(node -> producers.put(node.getOutput(0), node));
            graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
        }

        Optional<PooledHead> head(ModelProto model, String output) {
            NodeProto linear = producer(output);
            if (linear == null || !isLinear(linear)) {
                return Optional.empty();
            }
            NodeProto pool = producer(linear.getInput(0));
            if (pool == null || !pool.getOpType().equals("GlobalAveragePool")) {
                return Optional.empty();
            }
            String weight = linear.getInput(1);
            TensorProto tensor = tensor(weight);
            return Optional.of(new PooledHead(
                    model, pool.getInput(0), Math.toIntExact(tensor.getDims(1)), values(weight, tensor)));
        }

        /** The node that an activation comes from. */
        private @Nullable NodeProto producer(String activation) {
            NodeProto node = producers.get(activation);
            while (node != null && TRANSPARENT.contains(node.getOpType())) {
                node = producers.get(node.getInput(0));
            }
            return node;
        }

        private boolean isLinear(NodeProto node) {
            return node.getOpType().equals("Gemm")
                    || (node.getOpType().equals("Conv")
                            && node.getAttributeList().stream().allMatch(Search::isOfPointwise));
        }

        /** Whether an attribute of a convolution is as a 1x1 convolution of all channels has it. */
        private static boolean isOfPointwise(AttributeProto attribute) {
            return switch (attribute.getName()) {
                case "kernel_shape" -> attribute.getIntsList().stream().allMatch(side -> side == 1);
                case "pads" -> attribute.getIntsList().stream().allMatch(pad -> pad == 0);
                case "group" -> attribute.getI() == 1;
                default -> true;
            };
        }

        /** The initializer behind a weight: itself, or what it is dequantized from. */
        private TensorProto tensor(String weight) {
            TensorProto tensor = initializers.get(weight);
            NodeProto dequantized = producers.get(weight);
            if (tensor == null && dequantized != null) {
                tensor = initializers.get(dequantized.getInput(0));
            }
            if (tensor == null) {
                throw new AssertionError("a file that was checked has no weight '" + weight + "'");
            }
            return tensor;
        }

        private float[] values(String weight, TensorProto tensor) {
            NodeProto dequantized = producers.get(weight);
            if (dequantized == null) {
                return Protos.floats(tensor);
            }
            float[] scales = Protos.floats(tensor(dequantized.getInput(1))); // one per class; the zero point is 0
            byte[] integers = tensor.getRawData().toByteArray();
            float[] values = new float[integers.length];
            int each = values.length / scales.length;
            for (int i = 0; i < values.length; i++) {
                values[i] = scales[i / each] * integers[i];
            }
            return values;
        }
    }
}
