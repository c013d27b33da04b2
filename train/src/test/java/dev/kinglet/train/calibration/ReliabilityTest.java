package dev.kinglet.train.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReliabilityTest {
    private static LabeledLogits images(double[] scores, boolean[] correct) {
        LabeledLogits images = new LabeledLogits(2);
        for (int i = 0; i < scores.length; i++) {
            images.add(new float[] {(float) Math.log(scores[i] / (1 - scores[i])), 0}, correct[i] ? 0 : 1);
        }
        return images;
    }

    /** By hand: two bins of two, |1/2 - 0.65| and |1 - 0.95|, each for half of the images. */
    @Test
    void the_error_is_the_mean_distance_of_accuracy_and_confidence() {
        Reliability reliability = Reliability.of(
                images(new double[] {0.61, 0.69, 0.94, 0.96}, new boolean[] {true, false, true, true}), 1, 5);

        assertThat(reliability.bins()).extracting(Reliability.Bin::images).containsExactly(0L, 0L, 0L, 2L, 2L);
        assertThat(reliability.bins().get(3).accuracy()).isEqualTo(0.5);
        assertThat(reliability.bins().get(3).confidence()).isCloseTo(0.65, within(1e-6));
        assertThat(reliability.bins().get(0).accuracy()).isNaN();
        assertThat(reliability.expectedCalibrationError()).isCloseTo((0.15 + 0.05) / 2, within(1e-6));
    }

    @Test
    void a_temperature_changes_how_sure_it_is_and_not_what_it_says() {
        LabeledLogits images = images(new double[] {0.99, 0.99}, new boolean[] {true, false});
        Reliability hot = Reliability.of(images, 1e9);
        assertThat(hot.expectedCalibrationError()).isCloseTo(0, within(1e-6));
        assertThat(Reliability.of(images, 1).expectedCalibrationError()).isCloseTo(0.49, within(1e-6));
        assertThat(hot.images()).isEqualTo(2);
    }

    @Test
    void encoded_counts_are_the_same_to_the_last_digit() {
        Reliability.Counts counts = new Reliability.Counts();
        for (int i = 1; i < 100; i++) {
            counts.add(1.0 / i, i % 3 == 0);
        }
        Reliability.Counts decoded = Reliability.Counts.decoded(counts.encoded());
        assertThat(decoded.encoded()).isEqualTo(counts.encoded());
        assertThat(decoded.reliability()).isEqualTo(counts.reliability());
        assertThatThrownBy(() -> Reliability.Counts.decoded("1:2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'1:2' is not images:correct:scores");
        assertThatThrownBy(() -> counts.plus(new Reliability.Counts(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("counts of 15 bins and of 5 cannot be added");
    }

    @Test
    void a_score_that_is_no_number_is_in_no_bin() {
        Reliability.Counts counts = new Reliability.Counts();
        counts.add(Double.NaN, false);
        assertThat(counts.reliability().images()).isZero();
    }
}
