package dev.kinglet.onnx;

/**
 * Limits on an ONNX file from outside: its size, and the memory and operations that running it may take.
 *
 * @param bytes of the file
 * @param fields protobuf fields in it: a field of two bytes becomes an object of a hundred
 * @param weights elements of all its tensors together
 * @param activation elements of any one activation, for one image
 * @param activations elements of all activations together, for one image: nothing says how many are kept at once
 * @param operations multiply-accumulates and comparisons of all its nodes, for one image
 */
record OnnxLimits(long bytes, long fields, long weights, long activation, long activations, long operations) {
    public OnnxLimits {
        if (!(sensible(bytes)
                && sensible(fields)
                && sensible(weights)
                && sensible(activation)
                && sensible(activations))) {
            throw new IllegalArgumentException("every limit is from 1 to 2^32, not bytes=" + bytes + ", fields="
                    + fields + ", weights=" + weights + ", activation=" + activation + ", activations="
                    + activations);
        }
        if (operations < 1) {
            throw new IllegalArgumentException("operations are at least 1, not " + operations);
        }
    }

    /** Below a bound that keeps sums over a whole file within a long. */
    private static boolean sensible(long limit) {
        return limit >= 1 && limit <= 1L << 32;
    }

    /**
     * 1 GiB of file, a million fields, 2^28 weights (1 GiB of float32), 2^26 elements (256 MiB) per activation and 2^30
     * (4 GiB) of all, 2^38 operations: fourteen times those of VGG-19, and some ten seconds of one processor.
     */
    static OnnxLimits defaults() {
        return new OnnxLimits(1L << 30, 1_000_000, 1L << 28, 1L << 26, 1L << 30, 1L << 38);
    }

    OnnxLimits withBytes(long other) {
        return new OnnxLimits(other, fields, weights, activation, activations, operations);
    }

    OnnxLimits withFields(long other) {
        return new OnnxLimits(bytes, other, weights, activation, activations, operations);
    }

    OnnxLimits withWeights(long other) {
        return new OnnxLimits(bytes, fields, other, activation, activations, operations);
    }

    OnnxLimits withActivation(long other) {
        return new OnnxLimits(bytes, fields, weights, other, activations, operations);
    }

    OnnxLimits withActivations(long other) {
        return new OnnxLimits(bytes, fields, weights, activation, other, operations);
    }

    OnnxLimits withOperations(long other) {
        return new OnnxLimits(bytes, fields, weights, activation, activations, other);
    }
}
