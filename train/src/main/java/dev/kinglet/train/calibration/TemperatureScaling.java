package dev.kinglet.train.calibration;

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
}
