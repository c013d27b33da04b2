package dev.kinglet.train.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class KnownUnknownTest {
    private static double[] drawn(int count, double mean, long seed) {
        Random random = new Random(seed);
        return DoubleStream.generate(() -> Math.rint(20 * (mean + random.nextGaussian())) / 20) // with ties
                .limit(count)
                .toArray();
    }

    @Test
    void the_area_is_the_share_of_pairs_in_order() {
        double[] known = drawn(300, 1, 1);
        double[] unknown = drawn(200, 0, 2);
        double pairs = 0;
        for (double k : known) {
            for (double u : unknown) {
                pairs += k > u ? 1 : k == u ? 0.5 : 0;
            }
        }
        assertThat(KnownUnknown.areaUnderCurve(known, unknown)).isCloseTo(pairs / (300 * 200), within(1e-12));
        assertThat(KnownUnknown.areaUnderCurve(known, known)).isEqualTo(0.5);
        assertThat(KnownUnknown.areaUnderCurve(new double[] {2, 3}, new double[] {0, 1}))
                .isEqualTo(1);
    }

    @Test
    void a_threshold_rejects_no_more_than_it_may() {
        double[] scores = {5, 1, 4, 2, 3, 6, 8, 7, 10, 9};
        assertThat(KnownUnknown.threshold(scores, 0)).isEqualTo(1);
        assertThat(KnownUnknown.threshold(scores, 0.2)).isEqualTo(3);
        assertThat(KnownUnknown.rejected(scores, 3)).isEqualTo(0.2);
        assertThat(KnownUnknown.threshold(scores, 0.29)).isEqualTo(3);
        double[] many = drawn(5000, 0, 3);
        assertThat(KnownUnknown.rejected(many, KnownUnknown.threshold(many, 0.05)))
                .isBetween(0.03, 0.05);
    }

    @Test
    void of_twenty_known_images_one_may_be_lost_at_95_percent() {
        double[] known = DoubleStream.iterate(0, score -> score + 1).limit(20).toArray();
        assertThat(KnownUnknown.falsePositivesAt95(known, new double[] {0.5, 1, 1.5, -3}))
                .isEqualTo(0.5);
    }

    @Test
    void refuses_a_rate_that_is_none() {
        assertThatThrownBy(() -> KnownUnknown.threshold(new double[] {1}, 1)).hasMessageContaining("[0, 1), not 1.0");
        assertThatThrownBy(() -> KnownUnknown.threshold(new double[0], 0.1)).hasMessageContaining("at least one image");
    }
}
