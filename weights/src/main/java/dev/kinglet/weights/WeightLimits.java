package dev.kinglet.weights;

/**
 * The resources a file of weights may ask for. A file that asks for more is refused before anything is allocated.
 *
 * @param headerBytes length of the description of the tensors, in bytes
 * @param tensors the number of them
 * @param bytes of all arrays together, as they are in memory: 4 an element, or 8 of integers
 */
record WeightLimits(long headerBytes, int tensors, long bytes) {
    /** @throws IllegalArgumentException if a limit is below 1 */
    public WeightLimits {
        if (headerBytes < 1 || tensors < 1 || bytes < 1) {
            throw new IllegalArgumentException("every limit is at least 1, but they are headerBytes=" + headerBytes
                    + ", tensors=" + tensors + ", bytes=" + bytes);
        }
    }

    /** 16 MiB of description, 100,000 tensors, 4 GiB of arrays: several times the largest network of the zoo. */
    static WeightLimits defaults() {
        return new WeightLimits(16L << 20, 100_000, 4L << 30);
    }
}
