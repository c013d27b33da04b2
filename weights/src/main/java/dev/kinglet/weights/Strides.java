package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import java.util.List;

/** Arrays whose elements do not lie in row-major order. */
final class Strides {
    private Strides() {}

    /** Elements from one index to the next, for each axis, where the last axis varies fastest. */
    static long[] rowMajor(List<Integer> dims) {
        long[] strides = new long[dims.size()];
        long stride = 1;
        for (int axis = dims.size() - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= dims.get(axis);
        }
        return strides;
    }

    /** Likewise, where the first axis varies fastest. */
    static long[] columnMajor(List<Integer> dims) {
        long[] strides = new long[dims.size()];
        long stride = 1;
        for (int axis = 0; axis < dims.size(); axis++) {
            strides[axis] = stride;
            stride *= dims.get(axis);
        }
        return strides;
    }

    /**
     * The view of {@code storage} with these dimensions as an array of its own, row-major.
     *
     * @param offset where its first element lies; every element is known to lie inside the storage
     */
    static NdArray gather(NdArray storage, List<Integer> dims, long[] strides, long offset) {
        int elements = Dims.elements(dims);
        int[] from = new int[elements];
        int[] index = new int[dims.size()];
        long position = offset;
        for (int i = 0; i < elements; i++) {
            from[i] = Math.toIntExact(position);
            for (int axis = dims.size() - 1; axis >= 0; axis--) {
                position += strides[axis];
                if (++index[axis] < dims.get(axis)) {
                    break;
                }
                position -= strides[axis] * dims.get(axis);
                index[axis] = 0;
            }
        }
        if (storage instanceof NdArray.Floats floats) {
            float[] values = new float[elements];
            for (int i = 0; i < elements; i++) {
                values[i] = floats.values()[from[i]];
            }
            return new NdArray.Floats(dims, values);
        }
        NdArray.Longs longs = (NdArray.Longs) storage;
        long[] values = new long[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = longs.values()[from[i]];
        }
        return new NdArray.Longs(dims, values);
    }
}
