package dev.kinglet.measure;

import java.util.Arrays;
import java.util.Collection;

/**
 * Median and range of several measurements of one thing.
 *
 * @param median the middle value; of an even number of values the mean of the two in the middle
 */
public record Spread(double median, double min, double max) {
    /** @throws IllegalArgumentException if there are no values */
    static Spread of(double[] values) {
        double[] sorted = sorted(values);
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    static Spread of(Collection<Double> values) {
        return of(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** The smallest value that at least {@code percent} of all do not exceed (nearest rank). */
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

    /** Width of the range as a fraction of the median. */
    public double relative() {
        return (max - min) / median;
    }
}
