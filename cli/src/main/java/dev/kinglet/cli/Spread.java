package dev.kinglet.cli;

import java.util.Arrays;

/**
 * What there is to say of several measurements of one thing.
 *
 * @param median the middle one; of an even number the mean of the two in the middle
 */
record Spread(double median, double min, double max) {
    static Spread of(double[] values) {
        double[] sorted = sorted(values);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** The smallest value that at least {@code percent} of all do not exceed (the nearest rank). */
    static double percentile(double[] values, double percent) {
        if (!(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException("a percentile is above 0 and at most 100, not " + percent);
        }
        double[] sorted = sorted(values);
        return sorted[(int) Math.ceil(percent * sorted.length / 100) - 1];
    }

    private static double[] sorted(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("nothing was measured");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    /** How far apart the extremes are, as a share of the median. */
    double relative() {
        return (max - min) / median;
    }
}
