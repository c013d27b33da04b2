package dev.kinglet.oip;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Type of a tensor's elements. */
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8),
    /** Any number of bytes an element; a text, or an encoded image. */
    BYTES(0);

    private final int size;

    DataType(int size) {
        this.size = size;
    }

    /** Bytes of an element; 0 where they differ. */
    public int size() {
        return size;
    }

    /**
     * The type of a name in a request or an answer.
     *
     * @throws OipException if there is none
     */
    public static DataType of(String name) throws OipException {
        for (DataType type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw new OipException("'" + name + "' is no datatype; they are "
                + Arrays.stream(values()).map(DataType::name).collect(Collectors.joining(", ")));
    }
}
