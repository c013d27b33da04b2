package dev.kinglet.train.suspects;

/**
 * An image whose label is likely wrong.
 *
 * @param image its index
 * @param label that it has
 * @param likely class that it likely is of
 * @param labelScore score of its label, in [0, 1]
 * @param likelyScore score of the likely class, in [0, 1]
 */
public record Suspect(int image, int label, int likely, double labelScore, double likelyScore) {
    /** Normalized margin, in [-1, 1]: the lower, the more suspicious. */
    public double margin() {
        return labelScore - likelyScore;
    }
}
