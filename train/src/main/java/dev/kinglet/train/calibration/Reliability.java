package dev.kinglet.train.calibration;

import java.util.ArrayList;
import java.util.List;

/**
 * How often a network is right where it is so sure: a reliability diagram in numbers.
 *
 * @param bins of equal width over scores in (0, 1], also those without images
 * @param images counted in them
 */
public record Reliability(List<Bin> bins, long images) {
    /** Bins of the field's usual diagram (Guo et al., 2017). */
    public static final int BINS = 15;

    /**
     * Images whose highest score is above {@code from} and at most {@code to}.
     *
     * @param confidence mean of these scores; NaN without images
     * @param accuracy fraction of these images that are classified correctly; NaN without images
     */
    public record Bin(double from, double to, long images, double confidence, double accuracy) {}

    public Reliability {
        bins = List.copyOf(bins);
    }

    /** Of {@link #BINS} bins, with logits divided by a temperature. */
    public static Reliability of(LabeledLogits images, double temperature) {
        return of(images, temperature, BINS);
    }

    /**
     * @param temperature by which logits are divided before the softmax
     * @param count of bins
     */
    public static Reliability of(LabeledLogits images, double temperature, int count) {
        long[] inBin = new long[count];
        long[] correct = new long[count];
        double[] scores = new double[count];
        for (int i = 0; i < images.images(); i++) {
            int best = images.best(i);
            double sum = 0;
            for (int k = 0; k < images.classes(); k++) {
                sum += Math.exp((images.logit(i, k) - images.logit(i, best)) / temperature);
            }
            double score = 1 / sum;
            int bin = Math.min(count - 1, Math.max(0, (int) Math.ceil(score * count) - 1));
            inBin[bin]++;
            scores[bin] += score;
            correct[bin] += best == images.label(i) ? 1 : 0;
        }
        List<Bin> bins = new ArrayList<>();
        for (int b = 0; b < count; b++) {
            bins.add(new Bin(
                    (double) b / count,
                    (b + 1.0) / count,
                    inBin[b],
                    scores[b] / inBin[b], // NaN without images
                    (double) correct[b] / inBin[b]));
        }
        return new Reliability(bins, images.images());
    }

    /** Expected calibration error: the mean distance of accuracy and confidence, in [0, 1], bins weighted by their images. */
    public double expectedCalibrationError() {
        double sum = 0;
        for (Bin bin : bins) {
            if (bin.images() > 0) {
                sum += bin.images() * Math.abs(bin.accuracy() - bin.confidence());
            }
        }
        return sum / images;
    }
}
