package dev.kinglet.onnx;

/**
 * How large an ONNX file from outside may be, and what it may make whoever runs it allocate.
 *
 * @param bytes of the file
 * @param fields protobuf fields in it: a field of two bytes becomes an object of a hundred
 * @param weights elements of all its tensors together
 * @param activation elements of any one activation, for one picture
 */
public record OnnxLimits(long bytes, long fields, long weights, long activation) {
    public OnnxLimits {
        if (!(sensible(bytes) && sensible(fields) && sensible(weights) && sensible(activation))) {
            throw new IllegalArgumentException("every limit is from 1 to 2^32, not bytes=" + bytes + ", fields="
                    + fields + ", weights=" + weights + ", activation=" + activation);
        }
    }

    /** Below a bound that keeps sums over a whole file within a long. */
    private static boolean sensible(long limit) {
        return limit >= 1 && limit <= 1L << 32;
    }

    /** 1 GiB of file, a million fields, 2^28 weights (1 GiB of floats), 2^26 elements (256 MiB) an activation. */
    public static OnnxLimits standard() {
        return new OnnxLimits(1L << 30, 1_000_000, 1L << 28, 1L << 26);
    }

    public OnnxLimits withBytes(long other) {
        return new OnnxLimits(other, fields, weights, activation);
    }

    public OnnxLimits withFields(long other) {
        return new OnnxLimits(bytes, other, weights, activation);
    }

    public OnnxLimits withWeights(long other) {
        return new OnnxLimits(bytes, fields, other, activation);
    }

    public OnnxLimits withActivation(long other) {
        return new OnnxLimits(bytes, fields, weights, other);
    }
}
