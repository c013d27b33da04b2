package dev.kinglet.oip;

/**
 * Limits of a JSON text.
 *
 * @param depth of objects and arrays inside each other
 * @param elements of all tensors together
 */
public record JsonLimits(int depth, int elements) {
    /** 32 levels, and as many elements as 256 images of 256 pixels a side have. */
    public static JsonLimits defaults() {
        return new JsonLimits(32, 256 * 3 * 256 * 256);
    }
}
