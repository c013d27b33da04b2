package dev.kinglet.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TaskCountTest {
    private static final long MIB = 1 << 20;

    @Test
    void a_task_is_below_both_sizes() {
        assertThat(TaskCount.of(1000 * MIB, 5000, 100 * MIB, 10_000, 2)).isEqualTo(10);
        assertThat(TaskCount.of(100 * MIB, 60_000, 100 * MIB, 1000, 2)).isEqualTo(60);
    }

    @Test
    void small_work_still_keeps_the_cluster_busy() {
        assertThat(TaskCount.of(MIB, 100, 100 * MIB, 10_000, 8)).isEqualTo(16);
    }

    @Test
    void there_are_no_more_tasks_than_images() {
        assertThat(TaskCount.of(MIB, 3, 100 * MIB, 10_000, 8)).isEqualTo(3);
        assertThat(TaskCount.of(0, 0, 100 * MIB, 10_000, 8)).isEqualTo(1);
    }

    @Test
    void what_is_not_known_limits_nothing() {
        assertThat(TaskCount.of(TaskCount.UNKNOWN, TaskCount.UNKNOWN, 100 * MIB, 10_000, 8))
                .isEqualTo(16);
    }
}
