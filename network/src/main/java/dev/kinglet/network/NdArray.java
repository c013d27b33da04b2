package dev.kinglet.network;

import java.util.Arrays;
import java.util.List;

/**
 * A dense array in the Java heap, row-major. Values are not copied, neither on construction nor on access; neither the
 * creator nor a reader may change them.
 */
public sealed interface NdArray {
    /** Dimensions, outermost first; empty for a scalar. */
    List<Integer> dims();

    /** Number of elements. */
    int elements();

    /** Whether no element is infinite or NaN. */
    default boolean isFinite() {
        return true;
    }

    /** An array of 32-bit floats. */
    @SuppressWarnings("ArrayRecordComponent") // equality is of the elements, below
    record Floats(List<Integer> dims, float[] values) implements NdArray {
        public Floats {
            dims = checked(dims, values.length);
        }

        /** An array whose elements are all {@code value}. */
        public static Floats filled(List<Integer> dims, float value) {
            float[] values = new float[Math.toIntExact(count(dims))];
            Arrays.fill(values, value);
            return new Floats(dims, values);
        }

        @Override
        public int elements() {
            return values.length;
        }

        @Override
        public boolean isFinite() {
            for (float value : values) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Floats o && dims.equals(o.dims) && Arrays.equals(values, o.values);
        }

        @Override
        public int hashCode() {
            return 31 * dims.hashCode() + Arrays.hashCode(values);
        }

        @Override
        public String toString() {
            return "float32 " + dims;
        }
    }

    /** An array of 64-bit integers. */
    @SuppressWarnings("ArrayRecordComponent") // likewise
    record Longs(List<Integer> dims, long[] values) implements NdArray {
        public Longs {
            dims = checked(dims, values.length);
        }

        /** A scalar. */
        public static Longs scalar(long value) {
            return new Longs(List.of(), new long[] {value});
        }

        @Override
        public int elements() {
            return values.length;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Longs o && dims.equals(o.dims) && Arrays.equals(values, o.values);
        }

        @Override
        public int hashCode() {
            return 31 * dims.hashCode() + Arrays.hashCode(values);
        }

        @Override
        public String toString() {
            return "int64 " + dims;
        }
    }

    private static long count(List<Integer> dims) {
        return dims.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    private static List<Integer> checked(List<Integer> dims, int length) {
        if (dims.stream().anyMatch(d -> d < 0) || count(dims) != length) {
            throw new IllegalArgumentException(
                    "an array of dimensions " + dims + " does not have " + length + " elements");
        }
        return List.copyOf(dims);
    }
}
