package dev.kinglet.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class QuantizedWeightTest {
    private static final int CHANNELS = 200;
    private static final int EACH = 12;

    private static float[] random() {
        RandomGenerator random = new SplittableRandom(1);
        float[] weight = new float[CHANNELS * EACH];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) (random.nextGaussian() * Math.exp(i / EACH % 7 - 3)); // channels of all sizes
        }
        return weight;
    }

    @Test
    void the_rounding_error_is_at_most_half_a_step() {
        float[] weight = random();
        for (boolean paired : new boolean[] {true, false}) {
            QuantizedWeight small = QuantizedWeight.of(weight, CHANNELS, paired);
            for (int i = 0; i < weight.length; i++) {
                float scale = small.scales()[i / EACH];
                assertThat(small.values()[i] * scale).isCloseTo(weight[i], within(scale * 0.5001f));
            }
        }
    }

    @Test
    void no_two_products_can_overflow_16_bits_together() {
        QuantizedWeight small = QuantizedWeight.of(random(), CHANNELS, true);
        int largest = 0;
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < EACH; i++) {
                for (int j = i + 1; j < EACH; j++) {
                    int sum = small.values()[channel * EACH + i] + small.values()[channel * EACH + j];
                    assertThat(255 * sum).isBetween((int) Short.MIN_VALUE, (int) Short.MAX_VALUE);
                    largest = Math.max(largest, Math.abs(sum));
                }
            }
        }
        assertThat(largest).isGreaterThan(120); // and little room is given away
    }

    @Test
    void the_largest_of_a_channel_is_127_where_pairs_do_not_matter() {
        QuantizedWeight small = QuantizedWeight.of(random(), CHANNELS, false);
        for (int channel = 0; channel < CHANNELS; channel++) {
            int largest = 0;
            for (int i = 0; i < EACH; i++) {
                largest = Math.max(largest, Math.abs(small.values()[channel * EACH + i]));
            }
            assertThat(largest).isEqualTo(127);
        }
    }

    @Test
    void a_channel_of_zeros_stays_one() {
        QuantizedWeight small = QuantizedWeight.of(new float[] {0, 0, 1, -1}, 2, true);
        assertThat(small.values()).containsExactly(0, 0, 127, -127);
        assertThat(small.scales()[0]).isEqualTo(1);
    }
}
