package dev.kinglet.train.calibration;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

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
        Counts counts = new Counts(count);
        for (int i = 0; i < images.images(); i++) {
            int best = images.best(i);
            double sum = 0;
            for (int k = 0; k < images.classes(); k++) {
                sum += Math.exp((images.logit(i, k) - images.logit(i, best)) / temperature);
            }
            counts.add(1 / sum, best == images.label(i));
        }
        return counts.reliability();
    }

    /**
     * Images as they come, by their highest score. Sums are exact, so that several parts add up to the whole to the last digit, in
     * any order. Not thread-safe.
     */
    public static final class Counts {
        private final long[] images; // [bin]
        private final long[] correct;
        private final BigDecimal[] scores; // sum, without rounding

        /** No images yet, {@link #BINS} bins. */
        public Counts() {
            this(BINS);
        }

        Counts(int bins) {
            images = new long[bins];
            correct = new long[bins];
            scores = new BigDecimal[bins];
            Arrays.fill(scores, BigDecimal.ZERO);
        }

        /**
         * Counts an image.
         *
         * @param score the highest, in (0, 1]; an image whose score is NaN is in no bin
         * @param isCorrect whether its class is the image's
         */
        public void add(double score, boolean isCorrect) {
            if (Double.isNaN(score)) {
                return;
            }
            int bin = Math.min(images.length - 1, Math.max(0, (int) Math.ceil(score * images.length) - 1));
            images[bin]++;
            scores[bin] = scores[bin].add(new BigDecimal(score));
            correct[bin] += isCorrect ? 1 : 0;
        }

        /**
         * Images of both.
         *
         * @return new counts; these and the others stay as they are
         * @throws IllegalArgumentException if the others have another number of bins
         */
        public Counts plus(Counts other) {
            if (other.images.length != images.length) {
                throw new IllegalArgumentException(
                        "counts of " + images.length + " bins and of " + other.images.length + " cannot be added");
            }
            Counts sum = new Counts(images.length);
            for (int b = 0; b < images.length; b++) {
                sum.images[b] = images[b] + other.images[b];
                sum.correct[b] = correct[b] + other.correct[b];
                sum.scores[b] = scores[b].add(other.scores[b]);
            }
            return sum;
        }

        /** The images so far. */
        public Reliability reliability() {
            List<Bin> bins = new ArrayList<>();
            long all = 0;
            for (int b = 0; b < images.length; b++) {
                bins.add(new Bin(
                        (double) b / images.length,
                        (b + 1.0) / images.length,
                        images[b],
                        scores[b].doubleValue() / images[b], // NaN without images
                        (double) correct[b] / images[b]));
                all += images[b];
            }
            return new Reliability(bins, all);
        }

        /** {@code images:correct:scores} of each bin, with a blank between them. */
        public String encoded() {
            StringJoiner bins = new StringJoiner(" ");
            for (int b = 0; b < images.length; b++) {
                bins.add(images[b] + ":" + correct[b] + ":" + scores[b]);
            }
            return bins.toString();
        }

        /**
         * The counts that {@link #encoded} wrote.
         *
         * @throws IllegalArgumentException if it did not
         */
        public static Counts decoded(String bins) {
            String[] all = bins.split(" ", -1);
            Counts counts = new Counts(all.length);
            for (int b = 0; b < all.length; b++) {
                String[] numbers = all[b].split(":", -1);
                if (numbers.length != 3) {
                    throw new IllegalArgumentException("'" + all[b] + "' is not images:correct:scores");
                }
                counts.images[b] = Long.parseLong(numbers[0]);
                counts.correct[b] = Long.parseLong(numbers[1]);
                counts.scores[b] = new BigDecimal(numbers[2]);
            }
            return counts;
        }
    }

    /**
     * Expected calibration error (ECE): the mean distance of accuracy and confidence, in [0, 1], bins weighted by their images;
     * NaN without images.
     */
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
