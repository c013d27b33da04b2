package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** One node of a graph being checked, with access to its inputs and attributes by their expected type. */
final class Node {
    private final NodeProto proto;
    private final Values values; // of the graph so far
    private final Map<String, AttributeProto> attributes = new HashMap<>();

    /** @throws OnnxException if an attribute is given twice or is not one of {@code known} */
    Node(NodeProto proto, Set<String> known, Values values) throws OnnxException {
        this.proto = proto;
        this.values = values;
        for (AttributeProto attribute : proto.getAttributeList()) {
            if (!known.contains(attribute.getName())) {
                throw refusal("attribute '" + attribute.getName() + "' is not one of " + sorted(known));
            }
            if (attributes.put(attribute.getName(), attribute) != null) {
                throw refusal("attribute '" + attribute.getName() + "' is given twice");
            }
        }
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    /** The exception for a problem of this node. */
    OnnxException refusal(String problem) {
        return new OnnxException("node '" + proto.getName() + "' (" + proto.getOpType() + "): " + problem);
    }

    void require(boolean holds, String problem) throws OnnxException {
        if (!holds) {
            throw refusal(problem);
        }
    }

    int inputs() {
        return proto.getInputCount();
    }

    void requireInputs(int least, int most) throws OnnxException {
        require(
                inputs() >= least && inputs() <= most,
                "it has " + inputs() + " inputs, not " + least + (most == least ? "" : " to " + most));
    }

    /** Axes of an input that is a float32 activation, without the batch. */
    List<Long> activation(int input) throws OnnxException {
        return activation(input, Values.Kind.FLOATS, "float32");
    }

    /** Axes of an input that is a uint8 activation, without the batch. */
    List<Long> bytes(int input) throws OnnxException {
        return activation(input, Values.Kind.BYTES, "uint8");
    }

    private List<Long> activation(int input, Values.Kind kind, String type) throws OnnxException {
        String name = proto.getInput(input);
        List<Long> axes = values.axes(name, kind);
        if (axes == null) {
            throw refusal(
                    "input '" + name + "' is computed by no node before it, or is not an activation of type " + type);
        }
        return axes;
    }

    /** An activation that is an image: channels, height, width. */
    List<Long> image(int input) throws OnnxException {
        List<Long> axes = activation(input);
        require(axes.size() == 3, "input '" + proto.getInput(input) + "' is to be [batch, c, h, w], not " + axes);
        return axes;
    }

    /** An activation that is a vector; its length. */
    long vector(int input) throws OnnxException {
        List<Long> axes = activation(input);
        require(axes.size() == 1, "input '" + proto.getInput(input) + "' is to be [batch, c], not " + axes);
        return axes.get(0);
    }

    /** An input that is an initializer of {@code type}. */
    TensorProto constant(int input, TensorProto.DataType type) throws OnnxException {
        String name = proto.getInput(input);
        TensorProto tensor = values.initializer(name);
        if (tensor == null || tensor.getDataType() != type.getNumber()) {
            throw refusal("input '" + name + "' is to be an initializer of type " + type);
        }
        return tensor;
    }

    /** Whether an input is an initializer, or a dequantized one. */
    boolean isConstant(int input) {
        return values.initializer(proto.getInput(input)) != null
                || values.axes(proto.getInput(input), Values.Kind.WEIGHT) != null;
    }

    /** Whether an optional input is absent. */
    boolean isLeftOut(int input) {
        return proto.getInput(input).isEmpty();
    }

    /** Elements of an input that is a list of integers. */
    List<Long> longs(int input) throws OnnxException {
        TensorProto tensor = constant(input, TensorProto.DataType.INT64);
        require(tensor.getDimsCount() == 1, "input '" + proto.getInput(input) + "' is to be a list of integers");
        LongBuffer elements = tensor.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer();
        return LongStream.generate(elements::get)
                .limit(elements.remaining())
                .boxed()
                .toList();
    }

    /** Dimensions of an input that is a float32 initializer or a dequantized weight. */
    List<Long> weight(int input) throws OnnxException {
        List<Long> quantized = values.axes(proto.getInput(input), Values.Kind.WEIGHT);
        return quantized != null
                ? quantized
                : constant(input, TensorProto.DataType.FLOAT).getDimsList();
    }

    /** Requires an input to be a float32 initializer with these dimensions. */
    void requireWeight(int input, List<Long> dims) throws OnnxException {
        requireConstant(input, TensorProto.DataType.FLOAT, dims);
    }

    /** Requires an input to be an initializer of {@code type} with these dimensions. */
    void requireConstant(int input, TensorProto.DataType type, List<Long> dims) throws OnnxException {
        List<Long> found = constant(input, type).getDimsList();
        require(found.equals(dims), "initializer '" + proto.getInput(input) + "' is to be " + dims + ", not " + found);
    }

    /** Requires an input to be a scale, or scales, with these dimensions: finite and above 0. */
    void requireScales(int input, List<Long> dims) throws OnnxException {
        requireWeight(input, dims);
        for (float scale : Protos.floats(constant(input, TensorProto.DataType.FLOAT))) {
            require(
                    scale > 0 && Float.isFinite(scale),
                    "scale '" + proto.getInput(input) + "' is to be finite and above 0, not " + scale);
        }
    }

    long integer(String name, long otherwise) throws OnnxException {
        AttributeProto attribute = attribute(name, AttributeType.INT);
        return attribute == null ? otherwise : attribute.getI();
    }

    void requireInteger(String name, long value) throws OnnxException {
        AttributeProto attribute = attribute(name, AttributeType.INT);
        require(attribute != null && attribute.getI() == value, "attribute '" + name + "' is to be " + value);
    }

    void requireText(String name, String value) throws OnnxException {
        AttributeProto attribute = attribute(name, AttributeType.STRING);
        require(
                attribute != null && attribute.getS().equals(ByteString.copyFromUtf8(value)),
                "attribute '" + name + "' is to be '" + value + "'");
    }

    /** A list of {@code count} integers from {@code least} to 65535. */
    List<Long> integers(String name, int count, long least) throws OnnxException {
        AttributeProto attribute = attribute(name, AttributeType.INTS);
        List<Long> values = attribute == null ? List.of() : attribute.getIntsList();
        require(
                values.size() == count && values.stream().allMatch(v -> v >= least && v <= 0xFFFF),
                "attribute '" + name + "' is to be " + count + " integers of " + least + " to 65535");
        return values;
    }

    void requireReal(String name) throws OnnxException {
        AttributeProto attribute = attribute(name, AttributeType.FLOAT);
        require(
                attribute != null && attribute.getF() >= 0 && Float.isFinite(attribute.getF()),
                "attribute '" + name + "' is to be a finite number of at least 0");
    }

    private @Nullable AttributeProto attribute(String name, AttributeType type) throws OnnxException {
        AttributeProto attribute = attributes.get(name);
        if (attribute != null && attribute.getType() != type) {
            throw refusal("attribute '" + name + "' is to be of type " + type + ", not " + attribute.getType());
        }
        return attribute;
    }
}
