package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LogitsTest {
    @Test
    void of_equal_values_the_first_is_the_highest() {
        assertThat(Logits.argmax(new float[] {1, 3, 3})).isEqualTo(1);
        assertThat(Logits.argmax(new float[] {9, 1, 2, 4}, 1, 3)).isEqualTo(2);
    }

    @Test
    void values_too_large_for_exp_have_a_softmax() {
        assertThat(Logits.softmax(new float[] {1000, 1000, -1000})).containsExactly(0.5, 0.5, 0);
        assertThat(Logits.crossEntropy(new float[] {1000, 998}, 1))
                .isCloseTo(2 + Math.log(1 + Math.exp(-2)), within(1e-12));
    }
}
