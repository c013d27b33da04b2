package dev.kinglet.train.calibration;

/**
 * Temperature scaling: logits are divided by one number before the softmax, which changes how sure a network says it is, and
 * no ranking (Guo et al., On Calibration of Modern Neural Networks, 2017).
 */
final class Temperature {
    private static final double COLDEST = 1e-3;
    private static final double HOTTEST = 1e3;
    private static final double TOLERANCE = 1e-12; // of the logarithm of the temperature
    private static final int MAX_STEPS = 200;

    private Temperature() {}

    /**
     * The temperature with the least negative log-likelihood of the labels. That is convex in the temperature's inverse, so
     * its slope has one root, which Newton's method finds, kept inside an interval that is halved where it would leave it.
     *
     * @return between 0.001, where every image is classified correctly and by any margin, and 1000
     * @throws IllegalArgumentException if there are no images
     */
    static double fit(LabeledLogits images) {
        if (images.images() == 0) {
            throw new IllegalArgumentException("a temperature is fitted on at least one image");
        }
        double low = 1 / HOTTEST; // of the inverse
        double high = 1 / COLDEST;
        double inverse = 1;
        for (int step = 0; step < MAX_STEPS; step++) {
            double[] derivatives = derivatives(images, inverse);
            if (derivatives[0] > 0) {
                high = inverse;
            } else {
                low = inverse;
            }
            double next = inverse - derivatives[0] / derivatives[1];
            if (!(next > low && next < high)) {
                next = Math.sqrt(low * high);
            }
            boolean settled = Math.abs(Math.log(next / inverse)) < TOLERANCE;
            inverse = next;
            if (settled) {
                break;
            }
        }
        return 1 / inverse;
    }

    /** Whether a temperature is an end of the range in which {@link #fit} searches, or within a hundredth of it. */
    static boolean isAtLimit(double temperature) {
        return temperature <= 1.01 * COLDEST || temperature >= 0.99 * HOTTEST;
    }

    /** First and second derivative of the mean negative log-likelihood by the inverse of the temperature. */
    private static double[] derivatives(LabeledLogits images, double inverse) {
        double first = 0;
        double second = 0;
        for (int i = 0; i < images.images(); i++) {
            double highest = images.logit(i, images.best(i));
            double sum = 0;
            double mean = 0; // of the logits, relative to the highest, weighted by their scores; divided below
            double square = 0;
            for (int k = 0; k < images.classes(); k++) {
                double logit = images.logit(i, k) - highest;
                double weight = Math.exp(inverse * logit);
                sum += weight;
                mean += weight * logit;
                square += weight * logit * logit;
            }
            mean /= sum;
            first += mean - (images.logit(i, images.label(i)) - highest);
            second += square / sum - mean * mean;
        }
        return new double[] {first / images.images(), second / images.images()};
    }

    /** Mean negative log-likelihood of the labels, in nats, with logits divided by {@code temperature}. */
    static double negativeLogLikelihood(LabeledLogits images, double temperature) {
        double total = 0;
        for (int i = 0; i < images.images(); i++) {
            double highest = images.logit(i, images.best(i));
            double sum = 0;
            for (int k = 0; k < images.classes(); k++) {
                sum += Math.exp((images.logit(i, k) - highest) / temperature);
            }
            total += Math.log(sum) - (images.logit(i, images.label(i)) - highest) / temperature;
        }
        return total / images.images();
    }
}
