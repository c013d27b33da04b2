package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.metrics.StepResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LogAndResultsTest {
    /** The form that scripts for the logs of DeiT and its relatives read. */
    static final String STEP_LINE = "Epoch: \\[\\d+\\] \\[\\d+/\\d+\\] eta: \\d+:\\d\\d:\\d\\d lr: \\d+\\.\\d{6} "
            + "loss: \\d+\\.\\d{4} \\(\\d+\\.\\d{4}\\) time: \\d+\\.\\d{4} data: \\d+\\.\\d{4}";

    private static final EpochResult ROW =
            new EpochResult(3, 1.25, 55.5, 1.5, 50.25, 90, 0.0125, 98.76, 0.125, 61.5, Optional.empty());

    @Test
    void a_step_is_one_line_of_the_known_form() {
        EpochSums sums = EpochSums.NONE
                .plus(new StepResult(1.0, 8), 32, 250_000_000, 4_000_000)
                .plus(new StepResult(1.6, 4), 16, 350_000_000, 9_000_000);

        String line = TrainLog.stepLine(119, 1, 602, 1e-6, 1.6, sums);

        assertThat(line)
                .isEqualTo("Epoch: [119] [1/602] eta: 0:03:00 lr: 0.000001 loss: 1.6000 (1.2000)"
                        + " time: 0.3000 data: 0.0065")
                .matches(STEP_LINE);
    }

    @Test
    void sums_of_an_epoch_weigh_batches_by_their_images() {
        EpochSums sums = EpochSums.NONE
                .plus(new StepResult(1.0, 8), 32, 1_000_000_000, 0)
                .plus(new StepResult(4.0, 4), 16, 2_000_000_000, 500_000_000);

        assertThat(sums.meanLoss()).isEqualTo(2);
        assertThat(sums.top1()).isEqualTo(25);
        assertThat(sums.imagesPerSecond()).isEqualTo(16);
        assertThat(sums.secondsPerStep()).isEqualTo(1.5);
        assertThat(sums.waitSecondsPerStep()).isEqualTo(0.25);
    }

    @Test
    void results_have_the_documented_columns_and_are_read_back() {
        String csv = EpochResult.toCsv(List.of(ROW));

        assertThat(csv).isEqualTo("""
                        epoch,train_loss,train_top1,val_loss,val_top1,val_top5,lr,images_per_s,data_wait_s,time_s
                        3,1.250000,55.5000,1.500000,50.2500,90.0000,0.012500000,98.76,0.125,61.500
                        """);
        assertThat(EpochResult.parseCsv(csv)).containsExactly(ROW);
        assertThat(EpochResult.parseCsv(EpochResult.toCsv(List.of()))).isEmpty();
    }

    @Test
    void a_loss_that_is_no_number_stays_readable() {
        EpochResult row =
                new EpochResult(0, 1, 2, Double.NaN, 4, 5, 6, Double.POSITIVE_INFINITY, 8, 9, Optional.empty());

        assertThat(EpochResult.parseCsv(EpochResult.toCsv(List.of(row)))).containsExactly(row);
    }

    @Test
    void another_file_is_not_taken_for_results() {
        assertThatThrownBy(() -> EpochResult.parseCsv("epoch,loss\n1,2\n")).hasMessageContaining("first line");
        assertThatThrownBy(() -> EpochResult.parseCsv("")).hasMessageContaining("first line");
        String cut = EpochResult.toCsv(List.of(ROW)).replace(",98.76,0.125,61.500", "");
        assertThatThrownBy(() -> EpochResult.parseCsv(cut)).hasMessageContaining("ten numbers");
    }
}
