package dev.kinglet.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void the_median_is_the_middle_or_the_mean_of_the_two_there() {
        assertThat(Spread.of(new double[] {9, 1, 4})).isEqualTo(new Spread(4, 1, 9));
        assertThat(Spread.of(new double[] {9, 1, 4, 5})).isEqualTo(new Spread(4.5, 1, 9));
        assertThat(Spread.of(new double[] {7})).isEqualTo(new Spread(7, 7, 7));
    }

    @Test
    void the_measurements_stay_in_their_order() {
        double[] values = {3, 1, 2};
        assertThat(Spread.of(values).relative()).isEqualTo(1);
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void a_percentile_is_the_nearest_rank() {
        double[] hundred = IntStream.rangeClosed(1, 100).mapToDouble(i -> i).toArray();
        assertThat(Spread.percentile(hundred, 90)).isEqualTo(90);
        assertThat(Spread.percentile(hundred, 99)).isEqualTo(99);
        assertThat(Spread.percentile(new double[] {5, 1, 2}, 99)).isEqualTo(5);
        assertThat(Spread.percentile(new double[] {5, 1, 2}, 50)).isEqualTo(2);
        assertThat(Spread.percentile(new double[] {5, 1, 2}, 0.1)).isEqualTo(1);
    }

    @Test
    void nothing_measured_is_refused() {
        assertThatThrownBy(() -> Spread.of(new double[0])).hasMessage("nothing was measured");
        assertThatThrownBy(() -> Spread.percentile(new double[] {1}, 0)).hasMessageContaining("above 0");
    }
}
