package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.rewrite.ConvPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {
    private static final String PROCESSOR = "processor\t: 0\nmodel name\t: Some Processor @ 2.0GHz\n";

    private static int block(String description) {
        return Processor.plan(List.of(description.split("\n"))).channelBlock();
    }

    @Test
    void the_channel_block_follows_the_simd_width_of_the_first_processor() {
        assertThat(block(PROCESSOR + "flags\t\t: fpu avx avx2 fma avx512f avx512vl"))
                .isEqualTo(16);
        assertThat(block(PROCESSOR + "flags\t\t: fpu avx avx2 fma")).isEqualTo(8);
        assertThat(block(PROCESSOR + "flags\t\t: fpu sse2\n\nprocessor\t: 1\nflags\t\t: avx512f"))
                .isEqualTo(8);
    }

    @Test
    void an_unknown_simd_width_gives_the_largest_channel_block() {
        assertThat(block(PROCESSOR + "Features\t: fp asimd")).isEqualTo(ConvPlan.MAX_CHANNEL_BLOCK);
        assertThat(block("nothing")).isEqualTo(ConvPlan.MAX_CHANNEL_BLOCK);
    }

    @Test
    void there_is_a_name() {
        assertThat(Processor.name()).isNotBlank().doesNotContain(":");
    }
}
