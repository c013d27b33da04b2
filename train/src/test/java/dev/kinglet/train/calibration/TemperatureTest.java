package dev.kinglet.train.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TemperatureTest {
    private static final int CLASSES = 7;

    /** Labels drawn from the softmax of logits, which are then kept {@code overconfidence} times as large. */
    private static LabeledLogits drawn(int images, double overconfidence, long seed) {
        Random random = new Random(seed);
        LabeledLogits drawn = new LabeledLogits(CLASSES);
        for (int i = 0; i < images; i++) {
            float[] logits = new float[CLASSES];
            double sum = 0;
            for (int k = 0; k < CLASSES; k++) {
                logits[k] = (float) (2 * random.nextGaussian());
                sum += Math.exp(logits[k]);
            }
            double left = sum * random.nextDouble();
            int label = 0;
            while (label < CLASSES - 1 && left > Math.exp(logits[label])) {
                left -= Math.exp(logits[label++]);
            }
            for (int k = 0; k < CLASSES; k++) {
                logits[k] *= (float) overconfidence;
            }
            drawn.add(logits, label);
        }
        return drawn;
    }

    /** Without anything the fit does: the loss on a grid of temperatures. */
    private static double best(LabeledLogits images, double low, double high) {
        double best = low;
        for (double t = low; t <= high; t += (high - low) / 2000) {
            best = loss(images, t) < loss(images, best) ? t : best;
        }
        return best;
    }

    private static double loss(LabeledLogits images, double temperature) {
        double loss = 0;
        for (int i = 0; i < images.images(); i++) {
            double sum = 0;
            for (float logit : images.logits(i)) {
                sum += Math.exp(logit / temperature);
            }
            loss -= Math.log(Math.exp(images.logits(i)[images.label(i)] / temperature) / sum);
        }
        return loss / images.images();
    }

    @Test
    void is_where_the_loss_is_least() {
        for (double overconfidence : new double[] {0.5, 1, 3}) {
            LabeledLogits images = drawn(800, overconfidence, 1);
            double fitted = Temperature.fit(images);
            assertThat(fitted).isCloseTo(best(images, overconfidence / 2, overconfidence * 2), within(2e-3));
            assertThat(Temperature.negativeLogLikelihood(images, fitted))
                    .isCloseTo(loss(images, fitted), within(1e-12))
                    .isLessThanOrEqualTo(loss(images, fitted * 1.001))
                    .isLessThanOrEqualTo(loss(images, fitted / 1.001));
        }
    }

    @Test
    void undoes_what_made_the_network_too_sure() {
        LabeledLogits images = drawn(20_000, 2.5, 2);
        double fitted = Temperature.fit(images);
        assertThat(fitted).isCloseTo(2.5, within(0.1));
        assertThat(Reliability.of(images, 1).expectedCalibrationError()).isGreaterThan(0.1);
        assertThat(Reliability.of(images, fitted).expectedCalibrationError()).isLessThan(0.02);
    }

    @Test
    void has_bounds_where_every_image_is_right_or_logits_say_nothing() {
        LabeledLogits right = new LabeledLogits(2);
        LabeledLogits flat = new LabeledLogits(2);
        for (int i = 0; i < 10; i++) {
            right.add(new float[] {3, -3}, 0);
            flat.add(new float[] {1, 1}, i % 2);
        }
        assertThat(Temperature.fit(right)).isBetween(1e-3, 0.1);
        assertThat(Temperature.fit(flat)).isBetween(1e-3, 1e3);
    }

    @Test
    void is_doubted_on_few_images_and_where_they_say_nothing() {
        LabeledLogits right = new LabeledLogits(2);
        LabeledLogits opposite = new LabeledLogits(2);
        for (int i = 0; i < 100; i++) {
            right.add(new float[] {3, -3}, 0);
            opposite.add(new float[] {-1, 1}, i % 10 == 0 ? 1 : 0);
        }

        assertThat(TemperatureScaling.of(right).doubt())
                .hasValueSatisfying(why -> assertThat(why).startsWith("every image is classified correctly"));
        assertThat(TemperatureScaling.of(opposite).doubt())
                .hasValueSatisfying(why -> assertThat(why).startsWith("the logits say nothing"));
        assertThat(TemperatureScaling.of(drawn(99, 3, 1)).doubt())
                .contains("99 images are few to fit a temperature on; use at least 100");
        assertThat(TemperatureScaling.of(drawn(100, 3, 1)).doubt()).isEmpty();
    }

    @Test
    void refuses_what_cannot_be_fitted() {
        LabeledLogits images = new LabeledLogits(2);
        assertThatThrownBy(() -> Temperature.fit(images)).hasMessageContaining("at least one image");
        assertThatThrownBy(() -> images.add(new float[] {1, Float.NaN}, 0)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> images.add(new float[] {1, 2}, 2)).hasMessageContaining("0 to 1, not 2");
        assertThatThrownBy(() -> images.add(new float[] {1}, 0)).hasMessageContaining("2 logits");
    }
}
