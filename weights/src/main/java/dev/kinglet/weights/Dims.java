package dev.kinglet.weights;

import java.util.List;

/** Dimensions that a file claims. */
final class Dims {
    /** The largest number of dimensions. */
    static final int MAX = 32;

    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8; // what a Java array can have

    private Dims() {}

    /**
     * The number of elements.
     *
     * @throws IllegalArgumentException if that is more than an array can have
     */
    static int elements(List<Integer> dims) {
        if (dims.size() > MAX) {
            throw new IllegalArgumentException("has " + dims.size() + " dimensions, where " + MAX + " are allowed");
        }
        long elements = 1;
        for (int dim : dims) {
            // the largest product of two ints fits a long, and what is too large already must not become 0 again
            elements = Math.multiplyExact(elements, (long) dim);
            if (elements > MAX_ELEMENTS) {
                throw new IllegalArgumentException(
                        "has dimensions " + dims + ", more than the " + MAX_ELEMENTS + " elements allowed");
            }
        }
        return (int) elements;
    }
}
