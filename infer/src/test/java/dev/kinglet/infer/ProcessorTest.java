package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.rewrite.ConvPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {
    private static final String OTHERS = "processor\t: 0\nmodel name\t: Some Processor @ 2.0GHz\n";

    private static int lanes(String description) {
        return Processor.forms(List.of(description.split("\n"))).channelBlock();
    }

    @Test
    void forms_follow_the_vectors_that_the_first_processor_has() {
        assertThat(lanes(OTHERS + "flags\t\t: fpu avx avx2 fma avx512f avx512vl"))
                .isEqualTo(16);
        assertThat(lanes(OTHERS + "flags\t\t: fpu avx avx2 fma")).isEqualTo(8);
        assertThat(lanes(OTHERS + "flags\t\t: fpu sse2\n\nprocessor\t: 1\nflags\t\t: avx512f"))
                .isEqualTo(8);
    }

    @Test
    void where_the_system_does_not_say_they_are_right_for_all() {
        assertThat(lanes(OTHERS + "Features\t: fp asimd")).isEqualTo(ConvPlan.MAX_CHANNEL_BLOCK);
        assertThat(lanes("nothing")).isEqualTo(ConvPlan.MAX_CHANNEL_BLOCK);
    }

    @Test
    void there_is_a_name() {
        assertThat(Processor.name()).isNotBlank().doesNotContain(":");
    }
}
