package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("peleenet", "spgnet_s2p6", "weight-decay", "lr");

    @Test
    void a_name_that_contains_all_of_a_longer_one_comes_before_one_with_fewer_edits() {
        assertThat(NearestName.of("mobilenetv2_100", List.of("mobilenetv2_1.4", "tf_mobilenetv2_100")))
                .hasValue("tf_mobilenetv2_100");
    }

    @Test
    void finds_what_a_slip_was_meant_to_be() {
        assertThat(NearestName.of("pelenet", KNOWN)).contains("peleenet");
        assertThat(NearestName.of("PeleeNet", KNOWN)).contains("peleenet");
        assertThat(NearestName.of("wieght-decay", KNOWN)).contains("weight-decay"); // a swap is one slip
        assertThat(NearestName.of("decay", KNOWN)).contains("weight-decay");
        assertThat(NearestName.hint("spgnet_s2p66", KNOWN)).isEqualTo("; did you mean 'spgnet_s2p6'?");
    }

    @Test
    void does_not_guess_at_random() {
        assertThat(NearestName.of("resnet50", KNOWN)).isEmpty();
        assertThat(NearestName.hint("xyz", KNOWN)).isEmpty();
        assertThat(NearestName.of("anything", List.of())).isEmpty();
    }
}
