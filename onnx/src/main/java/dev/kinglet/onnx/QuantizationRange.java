package dev.kinglet.onnx;

/**
 * QuantizationRange of an activation's values that uint8 represents; values beyond it saturate.
 *
 * @param low at most 0
 * @param high at least 0
 */
public record QuantizationRange(float low, float high) {
    public QuantizationRange {
        if (!(low <= 0 && high >= 0 && Float.isFinite(high - low))) {
            throw new IllegalArgumentException(
                    "a range is finite and has 0 in it, which is to stay exact; not " + low + " to " + high);
        }
    }

    /** The smallest range with both ends and 0 in it. */
    public static QuantizationRange of(float low, float high) {
        return new QuantizationRange(Math.min(low, 0), Math.max(high, 0));
    }

    /** The scale: the difference between two neighboring quantized values; 1 where there is only one value. */
    float scale() {
        float scale = (high - low) / 255;
        return scale > Float.MIN_NORMAL ? scale : 1;
    }

    /** The zero point: the quantized value of 0. */
    byte zero() {
        return (byte) Math.min(255, Math.round(-low / scale()));
    }
}
