package dev.kinglet.weights;

import java.util.List;

/** Dimensions that a file claims. */
final class Dims {
    /** How many there may be. */
    static final int MOST = 32;

    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8; // what a Java array can have

    private Dims() {}

    /**
     * How many elements there are.
     *
     * @throws IllegalArgumentException if that is more than an array can have
     */
    static int elements(List<Integer> dims) {
        if (dims.size() > MOST) {
            throw new IllegalArgumentException("has " + dims.size() + " dimensions, where " + MOST + " are allowed");
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
