package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void cosine_is_half_a_cosine_from_the_peak_to_the_minimum() {
        Schedule cosine = new Schedule(new Schedule.Decay.Cosine(), 0.4, 0.04, 0, 100);

        assertThat(cosine.learningRate(0)).isEqualTo(0.4);
        assertThat(cosine.learningRate(25)).isCloseTo(0.04 + 0.36 * (1 + Math.sqrt(0.5)) / 2, within(1e-15));
        assertThat(cosine.learningRate(50)).isCloseTo(0.22, within(1e-15));
        assertThat(cosine.learningRate(99)).isGreaterThan(0.04).isLessThan(0.0401);
        assertThat(cosine.learningRate(100)).isEqualTo(0.04);
        assertThat(cosine.learningRate(1000)).isEqualTo(0.04);
    }

    @Test
    void a_warm_up_rises_in_equal_steps_to_the_peak() {
        Schedule cosine = new Schedule(new Schedule.Decay.Cosine(), 1, 0, 4, 12);

        assertThat(cosine.learningRate(0)).isEqualTo(0.25);
        assertThat(cosine.learningRate(1)).isEqualTo(0.5);
        assertThat(cosine.learningRate(3)).isEqualTo(1);
        assertThat(cosine.learningRate(4)).isEqualTo(1);
        assertThat(cosine.learningRate(8)).isCloseTo(0.5, within(1e-15));
        assertThat(new Schedule(new Schedule.Decay.Constant(), 1, 0, 4, 1000).learningRate(0))
                .isEqualTo(0.25);
        assertThat(new Schedule(new Schedule.Decay.Step(0.1, 2), 1, 0, 4, 1000).learningRate(2))
                .isEqualTo(0.75);
    }

    @Test
    void step_decay_multiplies_after_every_so_many_steps_of_the_run() {
        Schedule steps = new Schedule(new Schedule.Decay.Step(0.1, 30), 0.1, 0, 0, 1000);

        assertThat(steps.learningRate(29)).isEqualTo(0.1);
        assertThat(steps.learningRate(30)).isCloseTo(0.01, within(1e-15));
        assertThat(steps.learningRate(89)).isCloseTo(0.001, within(1e-15));
        assertThat(new Schedule(new Schedule.Decay.Step(0.5, 30), 0.1, 0, 10, 1000).learningRate(30))
                .isEqualTo(0.05);
    }

    @Test
    void constant_stays() {
        assertThat(new Schedule(new Schedule.Decay.Constant(), 0.3, 0, 0, 1000).learningRate(1_000_000))
                .isEqualTo(0.3);
    }

    @Test
    void a_schedule_that_cannot_be_is_refused() {
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Cosine(), 0.1, 0, 100, 100))
                .hasMessageContaining("100 steps of 100");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Cosine(), 0.1, 0.2, 0, 100))
                .hasMessageContaining("0.2");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Cosine(), Double.NaN, 0, 0, 100))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Step(0, 10), 0.1, 0, 0, 1000))
                .hasMessageContaining("factor");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Step(0.1, 0), 0.1, 0, 0, 1000))
                .hasMessageContaining("every");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Constant(), 0, 0, 0, 1000))
                .hasMessageContaining("above 0");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Constant(), 1, 0, -1, 1000))
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Constant(), 1, 0, 0, 1000).learningRate(-1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Schedule(new Schedule.Decay.Cosine(), 1, 0, 0, 9).learningRate(-1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static ScheduleSettings settings(int epochs, ScheduleSettings.Kind kind, double warmUp) {
        return ScheduleSettings.of(epochs, 8)
                .withWarmUp(warmUp)
                .withDecay(ScheduleSettings.Decay.of(kind).withEpochs(2.5));
    }

    @Test
    void epochs_become_steps() {
        assertThat(settings(10, ScheduleSettings.Kind.COSINE, 0.5).over(40, 0.1))
                .isEqualTo(new Schedule(new Schedule.Decay.Cosine(), 0.1, 0, 20, 400));
        assertThat(settings(10, ScheduleSettings.Kind.STEP, 1).over(40, 0.1))
                .isEqualTo(new Schedule(new Schedule.Decay.Step(0.1, 100), 0.1, 0, 40, 400));
        assertThat(settings(10, ScheduleSettings.Kind.CONSTANT, 0).over(40, 0.1))
                .isEqualTo(new Schedule(new Schedule.Decay.Constant(), 0.1, 0, 0, 400));
        assertThat(settings(3, ScheduleSettings.Kind.COSINE, 2.99).over(10, 0.1))
                .isEqualTo(new Schedule(new Schedule.Decay.Cosine(), 0.1, 0, 29, 30));
        assertThatThrownBy(() -> settings(10, ScheduleSettings.Kind.COSINE, 10))
                .hasMessage(
                        "warmup_epochs is 10.0, but the run has only 10 epochs; warm up for fewer, or train for more");
    }

    @Test
    void a_warm_up_that_was_not_asked_for_fits_any_run() {
        ScheduleSettings settings = ScheduleSettings.of(30, 8);

        assertThat(settings.warmUpEpochs()).isEqualTo(1);
        assertThat(settings.withEpochs(2).warmUpEpochs()).isEqualTo(1);
        assertThat(settings.withEpochs(1).warmUpEpochs()).isEqualTo(0.5);
        assertThat(settings.withEpochs(1).over(10, 0.1))
                .isEqualTo(new Schedule(new Schedule.Decay.Cosine(), 0.1, 0, 5, 10));
        assertThatThrownBy(() -> settings.withWarmUp(1).withEpochs(1))
                .hasMessage("warmup_epochs is 1.0, but the run has only 1 epoch; warm up for fewer, or train for more");
    }
}
