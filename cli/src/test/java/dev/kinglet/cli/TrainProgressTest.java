package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TrainProgressTest {
    private static String line(long done, long all, long start, long seconds, int width) {
        return TrainProgress.line(done, all, start, Duration.ofSeconds(seconds), "epoch 1: loss 2.195", width);
    }

    @Test
    void the_bar_fills_the_line_that_the_figures_leave() {
        assertThat(line(26, 39, 0, 42, 60)).isEqualTo(" 66% [========>   ] 26/39, 0:00:21 left, epoch 1: loss 2.195");
        assertThat(line(26, 39, 0, 42, 80)).hasSize(80);
        assertThat(line(0, 39, 0, 3, 60))
                .startsWith("  0% [>")
                .contains("] 0/39, epoch 1")
                .hasSize(60);
        assertThat(line(39, 39, 0, 60, 60))
                .startsWith("100% [=")
                .contains("=] 39/39, epoch 1")
                .hasSize(60);
    }

    @Test
    void the_time_that_is_left_counts_from_where_a_resumed_run_goes_on() {
        assertThat(line(110, 200, 100, 10, 80)).contains("110/200, 0:01:30 left");
        assertThat(line(100, 200, 100, 10, 80)).doesNotContain("left");
        assertThat(line(2, 40_000, 0, 20, 90)).contains("2/40000, 111:06:20 left");
    }

    @Test
    void a_narrow_terminal_has_a_bar_and_the_beginning_of_the_rest() {
        assertThat(line(26, 39, 0, 42, 40)).isEqualTo(" 66% [======>   ] 26/39, 0:00:21 left, e");
        assertThat(line(26, 39, 0, 42, 9)).isEqualTo(" 66% [==>");
        assertThat(line(26, 39, 0, 42, 3)).isEqualTo(" 66");
    }
}
