package dev.kinglet.onnx;

/** A weight quantized to int8, symmetrically (zero point 0), with one scale per output channel. */
final class QuantizedWeight {
    /*
     * Processors with AVX2 or AVX-512 but without VNNI multiply unsigned by signed bytes in pairs and add the two products
     * in 16 bits, which saturate at 32767 (VPMADDUBSW). An activation is at most 255, so two weights of one sign that
     * together are at most 128 cannot reach that. Which weights form a pair depends on the kernel, so
     * the bound is applied to the two largest weights of each sign of a channel: the scale is the smallest for which
     * nothing saturates, between 7 and 8 bits, and the results are the same on every processor. Depthwise convolutions
     * have other kernels, which do not add in 16 bits.
     */
    private static final int MAX_VALUE = 127;
    private static final int MAX_PAIR = 128;

    private final float[] scales;
    private final byte[] values;

    private QuantizedWeight(float[] scales, byte[] values) {
        this.scales = scales;
        this.values = values;
    }

    /**
     * @param weight channel after channel
     * @param paired whether a kernel may add its products in pairs
     */
    static QuantizedWeight of(float[] weight, int channels, boolean paired) {
        float[] scales = new float[channels];
        byte[] values = new byte[weight.length];
        int each = weight.length / channels;
        for (int channel = 0; channel < channels; channel++) {
            int from = channel * each;
            float scale = scale(weight, from, from + each, paired);
            scales[channel] = scale;
            for (int i = from; i < from + each; i++) {
                values[i] = (byte) Math.max(-MAX_VALUE, Math.min(MAX_VALUE, Math.round(weight[i] / scale)));
            }
        }
        return new QuantizedWeight(scales, values);
    }

    /** {@code [channels]}; not a copy. */
    float[] scales() {
        return scales;
    }

    /** {@code round(weight / scale)}; not a copy. */
    byte[] values() {
        return values;
    }

    /**
     * Bias correction: compensates the shift of the output's mean that the rounding causes.
     *
     * @param bias {@code [channels]}
     * @param weight before quantization
     * @param means of the input, by channel
     * @param reads input channels that an output channel reads: those of its group
     */
    void correct(float[] bias, float[] weight, float[] means, int reads) {
        int each = weight.length / scales.length;
        int kernel = each / reads;
        int groups = means.length / reads;
        for (int channel = 0; channel < scales.length; channel++) {
            int first = channel / (scales.length / groups) * reads;
            double lost = 0;
            for (int i = 0; i < each; i++) {
                int at = channel * each + i;
                lost += (weight[at] - (double) scales[channel] * values[at]) * means[first + i / kernel];
            }
            bias[channel] += (float) lost;
        }
    }

    private static float scale(float[] weight, int from, int to, boolean paired) {
        float high = 0; // the largest, the next, and the same of those below 0
        float nextHigh = 0;
        float low = 0;
        float nextLow = 0;
        for (int i = from; i < to; i++) {
            float value = weight[i];
            if (value > high) {
                nextHigh = high;
                high = value;
            } else if (value > nextHigh) {
                nextHigh = value;
            } else if (value < low) {
                nextLow = low;
                low = value;
            } else if (value < nextLow) {
                nextLow = value;
            }
        }
        float single = Math.max(high, -low) / MAX_VALUE;
        float pair = Math.max(high + nextHigh, -low - nextLow) / (MAX_PAIR - 1); // each may be rounded up by half
        float scale = paired ? Math.max(single, pair) : single;
        return scale > Float.MIN_NORMAL ? scale : 1;
    }
}
