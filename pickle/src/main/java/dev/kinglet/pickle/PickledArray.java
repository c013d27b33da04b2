package dev.kinglet.pickle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A numpy array, or one of numpy's scalars as an array without dimensions: its bytes as the file has them, and what they
 * mean. There are always exactly as many bytes as shape and type ask for.
 */
public final class PickledArray {
    private static final int MAX_DIMENSIONS = 64;

    /*
     * A pickle makes an array in two instructions, empty first and filled later, and may refer to it in between. So it
     * can change while the pickle is read, and never after.
     */
    private NumpyType type = NumpyType.BYTE;
    private List<Integer> shape = List.of(0);
    private boolean fortranOrder;
    private byte[] data = {};

    /** An array whose state has not come yet, which numpy gives one dimension of none. */
    PickledArray() {}

    /** A scalar. */
    PickledArray(NumpyType type, byte[] data) {
        set(type, List.of(), false, data);
    }

    final void set(NumpyType newType, List<?> newShape, boolean newFortranOrder, byte[] newData) {
        if (newShape.size() > MAX_DIMENSIONS) {
            throw new IllegalArgumentException(
                    "an array of " + newShape.size() + " dimensions, where numpy has at most " + MAX_DIMENSIONS);
        }
        List<Integer> dims = newShape.stream().map(PickledArray::dimension).toList();
        long bytes = newType.bytes();
        for (int dim : dims) {
            bytes = dim == 0 || bytes <= Integer.MAX_VALUE ? bytes * dim : Long.MAX_VALUE;
        }
        if (bytes != newData.length) {
            throw new IllegalArgumentException(
                    "an array of " + dims + " and dtype " + newType + " does not have " + newData.length + " bytes");
        }
        type = newType.copy();
        shape = dims;
        fortranOrder = newFortranOrder;
        data = newData;
    }

    private static int dimension(@Nullable Object value) {
        if (value instanceof Long dim && dim >= 0 && dim <= Integer.MAX_VALUE) {
            return dim.intValue();
        }
        throw new IllegalArgumentException("an array's dimension is a whole number from 0 to " + Integer.MAX_VALUE);
    }

    /**
     * Type of the elements as numpy's array interface writes it, byte order, kind, bytes: {@code <f4}, {@code >i8},
     * {@code |u1}. The kind is one of {@code b i u f}; the order is {@code |} where an element is one byte.
     */
    public String dtype() {
        return type.toString();
    }

    /** Bytes of an element. */
    public int itemBytes() {
        return type.bytes();
    }

    /** Dimensions, outermost first; empty for a scalar. */
    public List<Integer> shape() {
        return shape;
    }

    /** Whether the first axis varies fastest in {@link #data()}, not the last. */
    public boolean fortranOrder() {
        return fortranOrder;
    }

    /** The elements without gaps; not a copy. */
    public byte[] data() {
        return data;
    }

    @Override
    public String toString() {
        return dtype() + " " + shape + (fortranOrder ? " (Fortran order)" : "");
    }
}
