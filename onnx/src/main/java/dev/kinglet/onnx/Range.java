package dev.kinglet.onnx;

/**
 * What the values of an activation are to be kept between when they become bytes; what is beyond is cut off.
 *
 * @param low at most 0
 * @param high at least 0
 */
public record Range(float low, float high) {
    public Range {
        if (!(low <= 0 && high >= 0 && Float.isFinite(high - low))) {
            throw new IllegalArgumentException(
                    "a range is finite and has 0 in it, which is to stay exact; not " + low + " to " + high);
        }
    }

    /** The smallest range with both ends and 0 in it. */
    public static Range of(float low, float high) {
        return new Range(Math.min(low, 0), Math.max(high, 0));
    }

    /** The difference between two neighboring bytes; 1 where there is but one value. */
    float scale() {
        float scale = (high - low) / 255;
        return scale > Float.MIN_NORMAL ? scale : 1;
    }

    /** The byte that stands for 0. */
    byte zero() {
        return (byte) Math.min(255, Math.round(-low / scale()));
    }
}
