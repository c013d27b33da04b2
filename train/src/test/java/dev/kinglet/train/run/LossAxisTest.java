package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.train.metrics.EpochResult;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossAxisTest {
    private static List<EpochResult> epochs(double... validation) {
        return IntStream.range(0, validation.length)
                .mapToObj(e ->
                        new EpochResult(e, 2.0 - 0.1 * e, 10, validation[e], 10, 50, 0.1, 100, 0, 1, Optional.empty()))
                .toList();
    }

    @Test
    void one_huge_loss_does_not_flatten_the_others() {
        assertThat(LossAxis.limit(epochs(590, 2.1, 1.9, 1.7))).hasValue(3);
        assertThat(LossAxis.limit(epochs(3e8, 9, 4, 1.7))).hasValue(6);
        assertThat(LossAxis.highest(epochs(590, 2.1))).isEqualTo(590);
    }

    @Test
    void many_huge_losses_leave_training_a_quarter_of_the_height_and_the_lowest_validation_in_it() {
        assertThat(LossAxis.limit(epochs(51.5, 4846, 1664, 166, 19, 0.02, 0.000003, 0.000007)))
                .hasValue(8);
        assertThat(LossAxis.limit(epochs(4846, 1664, 166, 19))).hasValue(28.5);
    }

    @Test
    void ordinary_losses_are_all_shown() {
        assertThat(LossAxis.limit(epochs(2.2, 2.0, 1.8))).isEmpty();
        assertThat(LossAxis.limit(epochs(590))).isEmpty();
        assertThat(LossAxis.limit(epochs(Double.NaN, 2.0, 1.8))).isEmpty();
    }
}
