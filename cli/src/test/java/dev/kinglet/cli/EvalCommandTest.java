package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EvalCommandTest {
    @Test
    void the_error_is_the_rest_to_100_in_decimals() {
        assertThat(EvalCommand.error(91.73)).isEqualTo(8.27);
        assertThat(EvalCommand.error(99.9)).isEqualTo(0.1);
        assertThat(EvalCommand.error(100)).isZero();
        assertThat(EvalCommand.error(100.0 / 3)).isCloseTo(66.67, within(0.01));
    }
}
