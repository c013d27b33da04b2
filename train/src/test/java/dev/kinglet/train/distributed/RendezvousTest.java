package dev.kinglet.train.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RendezvousTest {
    private static final Map<String, String> TORCHRUN =
            Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "10.0.0.1", "MASTER_PORT", "29500");

    private static Map<String, String> with(String name, String value) {
        Map<String, String> changed = new HashMap<>(TORCHRUN);
        changed.put(name, value);
        return changed;
    }

    @Test
    void reads_the_variables_of_torchrun() {
        assertThat(Rendezvous.of(TORCHRUN)).contains(Rendezvous.of(1, 2, "10.0.0.1", 29500));
        assertThat(Rendezvous.of(with("LOCAL_WORLD_SIZE", "2")).orElseThrow().localWorldSize())
                .isEqualTo(2);
        assertThat(Rendezvous.of(TORCHRUN).orElseThrow().timeout()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void without_a_rank_there_is_no_group() {
        assertThat(Rendezvous.of(Map.of("WORLD_SIZE", "2"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"})
    void names_a_variable_that_is_missing(String name) {
        Map<String, String> others = new HashMap<>(TORCHRUN);
        others.remove(name);
        assertThatThrownBy(() -> Rendezvous.of(others))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("but not " + name);
    }

    @ParameterizedTest
    @CsvSource({
        "RANK, 2, RANK is from 0 to 1",
        "RANK, first, 'RANK is a whole number, not ''first'''",
        "WORLD_SIZE, 0, WORLD_SIZE is 1 or more",
        "MASTER_PORT, 65536, MASTER_PORT is from 1 to 65535",
        "MASTER_ADDR, ' ', MASTER_ADDR is empty",
        "LOCAL_WORLD_SIZE, 3, LOCAL_WORLD_SIZE is from 1 to WORLD_SIZE"
    })
    void says_what_is_wrong_with_a_value(String name, String value, String message) {
        assertThatThrownBy(() -> Rendezvous.of(with(name, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_time_limit_that_signs_of_life_could_not_keep_is_refused() {
        assertThatThrownBy(() -> Rendezvous.of(0, 2, "localhost", 1).withTimeout(Duration.ofSeconds(1)))
                .hasMessage("the timeout is at least 5 seconds, not 1.0");
    }
}
