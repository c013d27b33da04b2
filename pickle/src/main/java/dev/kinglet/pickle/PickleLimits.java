package dev.kinglet.pickle;

/**
 * The resources a pickle may ask for. A file that asks for more is refused before anything is allocated.
 *
 * @param bytes length of the pickle
 * @param memo values it may keep for later reference
 * @param stack values and marks on its stack at once, and so how deep lists can be nested in lists
 * @param elements of all its tuples, lists and dictionaries together; the numbers in arrays do not count
 */
record PickleLimits(long bytes, int memo, int stack, long elements) {
    /** @throws IllegalArgumentException if a limit is below 1 */
    public PickleLimits {
        if (bytes < 1 || memo < 1 || stack < 1 || elements < 1) {
            throw new IllegalArgumentException("every limit is at least 1, but they are bytes=" + bytes + ", memo="
                    + memo + ", stack=" + stack + ", elements=" + elements);
        }
    }

    /** Room for the weights of every network and for CIFAR's batches; some 100 MB besides the arrays at the very worst. */
    static PickleLimits defaults() {
        return new PickleLimits(4L << 30, 500_000, 100_000, 500_000);
    }

    PickleLimits withBytes(long other) {
        return new PickleLimits(other, memo, stack, elements);
    }

    PickleLimits withMemo(int other) {
        return new PickleLimits(bytes, other, stack, elements);
    }

    PickleLimits withStack(int other) {
        return new PickleLimits(bytes, memo, other, elements);
    }

    PickleLimits withElements(long other) {
        return new PickleLimits(bytes, memo, stack, other);
    }
}
