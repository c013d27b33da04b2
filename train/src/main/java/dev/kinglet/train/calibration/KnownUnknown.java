package dev.kinglet.train.calibration;

import java.util.Arrays;

/**
 * How well a score tells images of a network's classes (known) from others (unknown), and the threshold between them. Scores
 * are higher for known images.
 */
public final class KnownUnknown {
    private static final double USUAL_TRUE_POSITIVES = 0.95;

    private KnownUnknown() {}

    /**
     * The threshold below which a fraction of the known images has its score: the lowest one that is not undercut by more of
     * them.
     *
     * @param known scores of known images, in any order; left as they are
     * @param rate of known images that may be rejected, in [0, 1)
     * @throws IllegalArgumentException if there are no images, or the rate is another number
     */
    public static double threshold(double[] known, double rate) {
        if (known.length == 0) {
            throw new IllegalArgumentException("a threshold is chosen on at least one image");
        }
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("the rate of rejected images is in [0, 1), not " + rate);
        }
        double[] sorted = known.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.floor(rate * sorted.length)];
    }

    /** Fraction of scores below a threshold, in [0, 1]; NaN without scores. */
    public static double rejected(double[] scores, double threshold) {
        return (double) Arrays.stream(scores).filter(score -> score < threshold).count() / scores.length;
    }

    /**
     * Area under the receiver operating characteristic: the probability that a known image has a higher score than an unknown
     * one, ties counting half.
     *
     * @return in [0, 1]; NaN without images of one kind
     */
    public static double areaUnderCurve(double[] known, double[] unknown) {
        double[] sorted = unknown.clone();
        Arrays.sort(sorted);
        double wins = 0;
        for (double score : known) {
            wins += (countBelow(sorted, score) + countBelow(sorted, Math.nextUp(score))) / 2.0;
        }
        return wins / ((double) known.length * unknown.length);
    }

    private static int countBelow(double[] sorted, double score) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < score) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Fraction of unknown images that are accepted where 95 % of the known ones are (FPR95), in [0, 1]. */
    public static double falsePositivesAt95(double[] known, double[] unknown) {
        return 1 - rejected(unknown, threshold(known, 1 - USUAL_TRUE_POSITIVES));
    }
}
