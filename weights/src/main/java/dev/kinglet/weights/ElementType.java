package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** A type of array elements as files store them. Floats become float32 in memory, everything else int64. */
enum ElementType {
    F64(8, "f8"),
    F32(4, "f4"),
    F16(2, "f2"),
    BF16(2, ""),
    I64(8, "i8"),
    I32(4, "i4"),
    I16(2, "i2"),
    I8(1, "i1"),
    U8(1, "u1"),
    BOOL(1, "b1");

    private static final List<ElementType> ALL = List.of(values());

    private final int bytes;
    private final String numpy;

    ElementType(int bytes, String numpy) {
        this.bytes = bytes;
        this.numpy = numpy;
    }

    /** By the name in a safetensors header, {@code F32}. */
    static Optional<ElementType> ofSafetensors(String dtype) {
        return ALL.stream().filter(t -> t.name().equals(dtype)).findFirst();
    }

    /** By numpy's kind and number of bytes, {@code f4}. */
    static Optional<ElementType> ofNumpy(String kindAndBytes) {
        return ALL.stream()
                .filter(t -> !t.numpy.isEmpty() && t.numpy.equals(kindAndBytes))
                .findFirst();
    }

    /** As numpy calls it, {@code uint8}. */
    String numpyName() {
        return switch (this) {
            case F64, F32, F16 -> "float" + 8 * bytes;
            case BF16 -> "bfloat16";
            case I64, I32, I16, I8 -> "int" + 8 * bytes;
            case U8 -> "uint8";
            case BOOL -> "bool";
        };
    }

    /** The names {@link #ofSafetensors} knows, for messages. */
    static String names() {
        return String.join(", ", ALL.stream().map(Enum::name).toList());
    }

    /** Bytes of an element in the file. */
    int bytes() {
        return bytes;
    }

    /** Bytes of an element in memory. */
    int bytesInMemory() {
        return isFloat() ? Float.BYTES : Long.BYTES;
    }

    boolean isFloat() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            case I64, I32, I16, I8, U8, BOOL -> false;
        };
    }

    /** The array of these dimensions around {@code values}, which is what {@link #newValues} gave. */
    NdArray array(List<Integer> dims, Object values) {
        return isFloat() ? new NdArray.Floats(dims, (float[]) values) : new NdArray.Longs(dims, (long[]) values);
    }

    /** A {@code float[]} or a {@code long[]}. */
    Object newValues(int elements) {
        return isFloat() ? new float[elements] : new long[elements];
    }

    /** Moves all elements that remain in {@code from}, in its byte order, to {@code values} from {@code to} on. */
    void decode(ByteBuffer from, Object values, int to) {
        if (isFloat()) {
            decodeFloats(from, (float[]) values, to);
        } else {
            decodeLongs(from, (long[]) values, to);
        }
    }

    private void decodeFloats(ByteBuffer from, float[] values, int to) {
        int count = from.remaining() / bytes;
        if (this == F32) {
            from.asFloatBuffer().get(values, to, count);
            return;
        }
        for (int i = to; i < to + count; i++) {
            values[i] = switch (this) {
                case F64 -> (float) from.getDouble();
                case F16 -> halfToFloat(from.getShort());
                case BF16 -> Float.intBitsToFloat(from.getShort() << 16);
                case F32, I64, I32, I16, I8, U8, BOOL -> throw new AssertionError(this);
            };
        }
    }

    private void decodeLongs(ByteBuffer from, long[] values, int to) {
        int count = from.remaining() / bytes;
        for (int i = to; i < to + count; i++) {
            values[i] = switch (this) {
                case I64 -> from.getLong();
                case I32 -> from.getInt();
                case I16 -> from.getShort();
                case I8 -> from.get();
                case U8 -> from.get() & 0xff;
                case BOOL -> from.get() != 0 ? 1 : 0;
                case F64, F32, F16, BF16 -> throw new AssertionError(this);
            };
        }
    }

    /** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. Every half is a float exactly. */
    static float halfToFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >>> 10) & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) { // zero and the subnormals, in units of 2^-24
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
        }
        int wideExponent = exponent == 0x1f ? 0xff : exponent - 15 + 127;
        return Float.intBitsToFloat(sign | (wideExponent << 23) | (fraction << 13));
    }
}
