package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Map;

/** Data type of a file's input. Kept in the file's metadata, under {@link #METADATA}. */
public enum InputType {
    /** Normalized float32 numbers; the default where the metadata names no type. */
    FLOAT32("float32", Float.BYTES, TensorProto.DataType.FLOAT),
    /** The image's uint8 pixels; the file normalizes them itself. */
    UINT8("uint8", 1, TensorProto.DataType.UINT8);

    static final String METADATA = "input_type";

    private final String key;
    private final int bytes;

    @SuppressWarnings("ImmutableEnumChecker") // an enum of the ONNX format, and immutable
    private final TensorProto.DataType element;

    InputType(String key, int bytes, TensorProto.DataType element) {
        this.key = key;
        this.bytes = bytes;
        this.element = element;
    }

    /** Name of the type in the metadata. */
    public String key() {
        return key;
    }

    /** Size of one number. */
    public int bytes() {
        return bytes;
    }

    TensorProto.DataType element() {
        return element;
    }

    /** @throws OnnxException if the metadata names a type that is none of these */
    static InputType in(Map<String, String> metadata) throws OnnxException {
        String found = metadata.getOrDefault(METADATA, FLOAT32.key);
        for (InputType type : values()) {
            if (type.key.equals(found)) {
                return type;
            }
        }
        throw new OnnxException("the metadata's " + METADATA + " is '" + found + "'; " + FLOAT32.key + " and "
                + UINT8.key + " are read");
    }
}
