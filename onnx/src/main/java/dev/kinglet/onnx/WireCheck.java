package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;

/**
 * Check of an encoded model before any of it becomes an object: the fields of its messages are walked without being kept,
 * counted, and refused if the format does not have them.
 */
final class WireCheck {
    /** Model, graph, node, attribute and a tensor in it are five; a graph inside a graph's attribute is never read. */
    private static final int DEPTH = 16;

    private final long limit;
    private long fields;

    private WireCheck(long limit) {
        this.limit = limit;
    }

    /** @throws OnnxException if the bytes are not an ONNX model, or one of more than {@code fields} fields */
    static void check(byte[] model, long fields) throws OnnxException {
        try {
            new WireCheck(fields).walk(CodedInputStream.newInstance(model), ModelProto.getDescriptor(), 1);
        } catch (OnnxException e) {
            throw e;
        } catch (IOException e) { // protobuf's own, of bytes that are no message
            throw new OnnxException("not an ONNX file: " + e.getMessage(), e);
        }
    }

    private void walk(CodedInputStream in, Descriptor message, int depth) throws IOException {
        if (depth > DEPTH) {
            throw new OnnxException("messages inside messages more than " + DEPTH + " deep");
        }
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int number = WireFormat.getTagFieldNumber(tag);
            FieldDescriptor field = message.findFieldByNumber(number);
            int wireType = WireFormat.getTagWireType(tag);
            if (field == null || wireType == WireFormat.WIRETYPE_START_GROUP) {
                throw new OnnxException("not an ONNX file: at byte " + in.getTotalBytesRead() + ", field " + number
                        + " of " + message.getName() + " is not one of the format's");
            }
            count(1);
            if (wireType != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                in.skipField(tag);
                continue;
            }
            int length = in.readRawVarint32();
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                int outer = in.pushLimit(length);
                walk(in, field.getMessageType(), depth + 1);
                in.popLimit(outer);
            } else {
                count(field.isPackable() ? length : 0); // a packed number can be one byte
                in.skipRawBytes(length);
            }
        }
    }

    private void count(long more) throws OnnxException {
        fields += more;
        if (fields > limit) {
            throw new OnnxException("the file has more than " + limit + " protobuf fields; a larger one is not read");
        }
    }
}
