package dev.kinglet.infer;

import dev.kinglet.onnx.QuantizationRange;
import java.util.Arrays;

/** Search for the saturation threshold of {@link CalibrationMethod#ENTROPY}. */
final class Entropy {
    private static final int STEP = 16; // bins from one threshold that is tried to the next
    /** Mean number of values per bin below which the distribution is not known, and all values are kept. */
    private static final int MIN_PER_BIN = 32;

    private Entropy() {}

    static QuantizationRange range(Histogram histogram) {
        long nonZero = Arrays.stream(histogram.above()).sum()
                + Arrays.stream(histogram.below()).sum();
        if (nonZero < (long) MIN_PER_BIN * Histogram.BINS) {
            return CalibrationMethod.MINMAX.range(histogram);
        }
        boolean oneSided = histogram.low() == 0 || histogram.high() == 0;
        double[] magnitudes = new double[Histogram.BINS]; // counts by absolute value
        for (int i = 0; i < magnitudes.length; i++) {
            magnitudes[i] = histogram.above()[i] + histogram.below()[i];
        }
        int levels = oneSided ? 256 : 128; // quantization levels for the absolute values
        int best = magnitudes.length;
        double least = Double.POSITIVE_INFINITY;
        for (int kept = magnitudes.length; kept >= levels; kept -= STEP) {
            double divergence = divergence(magnitudes, kept, levels);
            if (divergence < least) {
                least = divergence;
                best = kept;
            }
        }
        double threshold = best * histogram.width();
        return CalibrationMethod.within(histogram, threshold, threshold);
    }

    /**
     * The KL divergence between the distribution of the first {@code kept} bins, with the saturated values added to the
     * last, and the same distribution quantized to {@code levels} levels.
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
                    // an empty last bin that many values saturate to costs much
                    divergence += p * Math.log(p / Math.max(q, 1e-12));
                }
            }
        }
        return divergence;
    }
}
