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
        assertThat(LossAxis.limit(averaged(1.8, 23.2, 22.6, 21.9))).isEmpty(); // hardly anything would be cut
        assertThat(LossAxis.limit(epochs(Double.NaN, 2.0, 1.8))).isEmpty();
    }

    /** As {@link #epochs}, with an average whose validation loss is another. */
    private static List<EpochResult> averaged(double validation, double... average) {
        return IntStream.range(0, average.length)
                .mapToObj(e -> new EpochResult(
                        e,
                        2,
                        10,
                        validation,
                        10,
                        50,
                        0.1,
                        100,
                        0,
                        1,
                        Optional.of(new EpochResult.Ema(average[e], 5, 20))))
                .toList();
    }

    @Test
    void the_last_and_the_lowest_loss_of_every_run_lie_on_the_axis() {
        List<List<EpochResult>> runs = List.of(
                epochs(102.5, 40, 17.6, 21), epochs(60, 30, 12.6), epochs(2.2, 2.1, 2.0), epochs(80, 15, 14, 13));

        double limit = LossAxis.limit(runs).orElseThrow();

        assertThat(limit).isGreaterThan(21).isLessThan(30);
        assertThat(LossAxis.highest(runs)).isEqualTo(102.5);
    }

    @Test
    void the_last_loss_of_a_single_run_and_of_its_average_lie_on_the_axis() {
        assertThat(LossAxis.limit(epochs(590, 2.1, 1.9, 1.8, 40)).orElseThrow()).isBetween(40.0, 45.0);
        assertThat(LossAxis.limit(averaged(1.8, 90, 60, 30)).orElseThrow()).isBetween(30.0, 35.0);
        assertThat(LossAxis.highest(averaged(1.8, 90, 60, 30))).isEqualTo(90);
    }

    @Test
    void runs_are_compared_by_the_averages_of_their_weights() {
        assertThat(LossAxis.limit(List.of(averaged(1000, 2.2, 2.1, 2.0)))).isEmpty();
    }
}
