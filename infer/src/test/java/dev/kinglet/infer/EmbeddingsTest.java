package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EmbeddingsTest {
    @Test
    void each_row_gets_a_length_of_one_and_zeros_stay_zeros() {
        float[] rows = {3, 4, 0, 0, -2, 0};
        assertThat(Embeddings.normalized(rows, 2)).containsExactly(0.6f, 0.8f, 0, 0, -1, 0);
        assertThat(rows).containsExactly(3, 4, 0, 0, -2, 0);
        assertThat(Embeddings.normalized(new float[] {0, 5})).containsExactly(0, 1);
        assertThat(Embeddings.normalized(new float[] {Float.MAX_VALUE, 0})).containsExactly(1, 0);
    }

    @Test
    void the_cosine_is_of_the_angle_whatever_the_lengths() {
        assertThat(Embeddings.cosine(new float[] {1, 0}, new float[] {5, 5})).isCloseTo(Math.sqrt(0.5), within(1e-12));
        assertThat(Embeddings.cosine(new float[] {1, 2}, new float[] {-2, -4})).isCloseTo(-1, within(1e-12));
        assertThat(Embeddings.cosine(new float[] {1, 2}, new float[] {0, 0})).isZero();
    }

    @Test
    void rows_that_are_none_and_values_that_are_no_numbers_are_refused() {
        assertThatThrownBy(() -> Embeddings.normalized(new float[5], 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("5 values are not embeddings of 2 features");
        assertThatThrownBy(() -> Embeddings.normalized(new float[] {1, 1, Float.NaN, 0}, 2))
                .hasMessage("embedding 1 has a value that is not finite");
        assertThatThrownBy(() -> Embeddings.cosine(new float[2], new float[3]))
                .hasMessage("an embedding of 2 features is compared with one of 3; they are of different networks");
    }
}
