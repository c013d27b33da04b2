package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FreeProcessorsTest {
    @Test
    void another_program_has_its_processor_at_once() {
        FreeProcessors two = new FreeProcessors(2);

        assertThat(two.decide(0.3)).isEmpty();
        assertThat(two.decide(0.9).orElseThrow().threads()).isEqualTo(1);
        assertThat(two.decide(2)).isEmpty(); // one thread is left in any case
    }

    @Test
    void a_processor_is_taken_back_when_it_was_free_twice() {
        FreeProcessors eight = new FreeProcessors(8);
        assertThat(eight.decide(3.1).orElseThrow().threads()).isEqualTo(5);

        assertThat(eight.decide(0)).isEmpty();
        assertThat(eight.decide(3)).isEmpty();
        assertThat(eight.decide(0.2)).isEmpty();
        FreeProcessors.Change change = eight.decide(0.2).orElseThrow();

        assertThat(change.threads()).isEqualTo(8);
        assertThat(change.toString()).contains("8 instead of 5").contains("--threads");
    }

    @Test
    void half_a_processor_does_not_make_the_number_go_up_and_down() {
        FreeProcessors two = new FreeProcessors(2);

        two.decide(0.6);

        assertThat(two.decide(0.4)).isEmpty();
        assertThat(two.decide(0.4)).isEmpty();
        assertThat(two.decide(0.4)).isEmpty();
    }
}
