package dev.kinglet.infer;

import java.nio.FloatBuffer;

/** Histogram of an activation's values: a fixed number of bins of equal width on each side of 0. */
final class Histogram {
    /** Bins on each side. */
    static final int BINS = 2048;

    private final long[] above = new long[BINS]; // values in (width * i, width * (i + 1)]
    private final long[] below = new long[BINS]; // the same for the absolute values of those below 0
    private long count;
    private float low;
    private float high;
    private double width;
    private final double[] sums; // of each channel

    /** @param channels of the activation, its first axis after the batch */
    Histogram(int channels) {
        this.sums = new double[channels];
    }

    /**
     * Counts the values of one image; the width of the bins doubles until they hold the largest.
     *
     * @throws IllegalArgumentException if one is not a finite number
     */
    void add(FloatBuffer values) {
        float[] all = new float[values.remaining()];
        values.get(all);
        for (float value : all) {
            low = Math.min(low, value); // NaN stays
            high = Math.max(high, value);
        }
        float largest = Math.max(-low, high);
        if (!Float.isFinite(largest)) {
            throw new IllegalArgumentException("values that are not finite numbers");
        }
        hold(largest);
        for (float value : all) {
            if (value != 0) {
                long[] side = value > 0 ? above : below;
                side[Math.min(BINS - 1, (int) (Math.abs(value) / width))]++;
            }
        }
        int plane = all.length / sums.length;
        for (int i = 0; i < all.length; i++) {
            sums[i / plane] += all[i];
        }
        count += all.length;
    }

    /** Mean of each channel. */
    float[] means() {
        float[] means = new float[sums.length];
        for (int channel = 0; channel < means.length; channel++) {
            means[channel] = (float) (sums[channel] * sums.length / count);
        }
        return means;
    }

    private void hold(float largest) {
        if (width == 0) {
            width = (double) largest / BINS;
        }
        while (width * BINS < largest) {
            width *= 2;
            for (long[] side : new long[][] {above, below}) {
                for (int i = 0; i < BINS; i++) {
                    side[i] = i < BINS / 2 ? side[2 * i] + side[2 * i + 1] : 0;
                }
            }
        }
    }

    /** The smallest value, or 0. */
    float low() {
        return low;
    }

    /** The largest value, or 0. */
    float high() {
        return high;
    }

    /** All values, zeros included. */
    long count() {
        return count;
    }

    /** The width of a bin; 0 if there were only zeros. */
    double width() {
        return width;
    }

    /** {@code [BINS]}, counts of values above 0, from 0 outwards; not a copy. */
    long[] above() {
        return above;
    }

    /** {@code [BINS]}, counts of values below 0, from 0 outwards; not a copy. */
    long[] below() {
        return below;
    }
}
