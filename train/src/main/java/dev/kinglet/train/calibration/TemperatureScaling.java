package dev.kinglet.train.calibration;

import java.util.Optional;

/**
 * A temperature, and what it does to the scores of the images that it was fitted on.
 *
 * @param temperature by which logits are divided before the softmax
 * @param images that it was fitted on
 * @param lossBefore mean negative log-likelihood in nats of the logits as they are
 * @param loss the same with the temperature
 * @param before reliability of the scores as they are
 * @param after reliability with the temperature
 */
public record TemperatureScaling(
        double temperature, long images, double lossBefore, double loss, Reliability before, Reliability after) {
    /** With fewer images a temperature says little. */
    public static final int FEWEST_IMAGES = 100;

    /**
     * The temperature with the least negative log-likelihood.
     *
     * @throws IllegalArgumentException if there are no images
     */
    public static TemperatureScaling of(LabeledLogits images) {
        double temperature = Temperature.fit(images);
        return new TemperatureScaling(
                temperature,
                images.images(),
                Temperature.negativeLogLikelihood(images, 1),
                Temperature.negativeLogLikelihood(images, temperature),
                Reliability.of(images, 1),
                Reliability.of(images, temperature));
    }

    /** Whether the best temperature is an end of the range that was searched, as for logits that say nothing of the classes. */
    public boolean isAtLimit() {
        return Temperature.isAtLimit(temperature);
    }

    /** Why the temperature should not be relied on; empty if nothing is known against it. */
    public Optional<String> doubt() {
        if (before.bins().stream().allMatch(bin -> bin.images() == 0 || bin.accuracy() == 1)) {
            return Optional.of(
                    "every image is classified correctly, so that none tells how often the scores are wrong");
        }
        if (isAtLimit()) {
            return Optional.of(
                    "the logits say nothing of these images' classes, and the scores are nearly equal with the temperature");
        }
        return images < FEWEST_IMAGES
                ? Optional.of(images + " images are few to fit a temperature on; use at least " + FEWEST_IMAGES)
                : Optional.empty();
    }
}
