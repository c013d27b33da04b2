package dev.kinglet.infer;

import dev.kinglet.onnx.Range;
import java.util.Arrays;

/** The threshold of {@link CalibrationMethod#ENTROPY}. */
final class Entropy {
    private static final int STEP = 16; // bins from one threshold that is tried to the next
    private static final int FEWEST = 32; // values a bin; fewer say nothing of the shape, and all are kept

    private Entropy() {}

    static Range range(Histogram seen) {
        long sizable =
                Arrays.stream(seen.above()).sum() + Arrays.stream(seen.below()).sum();
        if (sizable < (long) FEWEST * Histogram.BINS) {
            return CalibrationMethod.MINMAX.range(seen);
        }
        boolean oneSided = seen.low() == 0 || seen.high() == 0;
        double[] sizes = new double[Histogram.BINS]; // counts by size, whatever the sign
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = seen.above()[i] + seen.below()[i];
        }
        int levels = oneSided ? 256 : 128; // that a byte has for them
        int best = sizes.length;
        double least = Double.POSITIVE_INFINITY;
        for (int kept = sizes.length; kept >= levels; kept -= STEP) {
            double divergence = divergence(sizes, kept, levels);
            if (divergence < least) {
                least = divergence;
                best = kept;
            }
        }
        double threshold = best * seen.width();
        return CalibrationMethod.within(seen, threshold, threshold);
    }

    /**
     * The relative entropy between the first {@code kept} counts, what is beyond added to the last, and the same in
     * {@code levels} steps.
     */
    private static double divergence(double[] counts, int kept, int levels) {
        double beyond = 0;
        for (int i = kept; i < counts.length; i++) {
            beyond += counts[i];
        }
        double inside = 0;
        for (int i = 0; i < kept; i++) {
            inside += counts[i];
        }
        double total = inside + beyond;
        if (inside == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double divergence = 0;
        for (int level = 0; level < levels; level++) {
            int from = (int) ((long) level * kept / levels);
            int to = (int) ((long) (level + 1) * kept / levels);
            double sum = 0;
            int filled = 0;
            for (int i = from; i < to; i++) {
                sum += counts[i];
                filled += counts[i] > 0 ? 1 : 0;
            }
            for (int i = from; i < to; i++) {
                double p = (counts[i] + (i == kept - 1 ? beyond : 0)) / total;
                if (p > 0) {
                    double q = counts[i] > 0 ? sum / filled / inside : 0;
                    divergence += p * Math.log(p / Math.max(q, 1e-12)); // an empty last bin with much beyond it: bad
                }
            }
        }
        return divergence;
    }
}
