package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** Factory of the ONNX format's protobuf messages. */
final class Protos {
    private Protos() {}

    /**
     * A model of its bytes, which its weights are parts of, not copies.
     *
     * @throws InvalidProtocolBufferException if they are none
     */
    static ModelProto model(byte[] bytes) throws InvalidProtocolBufferException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
        in.enableAliasing(true);
        ModelProto model = ModelProto.parser().parseFrom(in);
        in.checkLastTagWas(0); // the end, not that of a group
        return model;
    }

    static NodeProto node(String type, String name, List<String> inputs, String output, AttributeProto... attributes) {
        return NodeProto.newBuilder()
                .setName(name)
                .setOpType(type)
                .addAllInput(inputs)
                .addOutput(output)
                .addAllAttribute(Arrays.asList(attributes))
                .build();
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto integers(String name, long... elements) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(elements).forEach(attribute::addInts);
        return attribute.build();
    }

    static AttributeProto real(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static TensorProto floats(String name, List<? extends Number> dims, float... elements) {
        ByteBuffer raw = littleEndian((long) elements.length * Float.BYTES);
        raw.asFloatBuffer().put(elements);
        return tensor(name, TensorProto.DataType.FLOAT, dims, raw);
    }

    /** A list of integers. */
    static TensorProto longs(String name, long... elements) {
        ByteBuffer raw = littleEndian((long) elements.length * Long.BYTES);
        raw.asLongBuffer().put(elements);
        return tensor(name, TensorProto.DataType.INT64, List.of(elements.length), raw);
    }

    /** @param type INT8 or UINT8 */
    static TensorProto bytes(String name, TensorProto.DataType type, List<? extends Number> dims, byte... elements) {
        return tensor(name, type, dims, ByteBuffer.wrap(elements));
    }

    private static TensorProto tensor(
            String name, TensorProto.DataType type, List<? extends Number> dims, ByteBuffer raw) {
        ByteString bytes = UnsafeByteOperations.unsafeWrap(raw); // the buffer is given away
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.getNumber())
                .setRawData(bytes);
        dims.forEach(dim -> tensor.addDims(dim.longValue()));
        return tensor.build();
    }

    private static ByteBuffer littleEndian(long bytes) {
        return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Elements of a float32 tensor. */
    static float[] floats(TensorProto tensor) {
        FloatBuffer elements = tensor.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[] values = new float[elements.remaining()];
        elements.get(values);
        return values;
    }

    static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
