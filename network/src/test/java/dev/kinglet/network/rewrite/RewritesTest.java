package dev.kinglet.network.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewritesTest {
    @ParameterizedTest
    @CsvSource({
        "fuse-hard-curves, fuse-hard-activations",
        "matrices-to-selections, matrices-to-gathers",
        "shuffles-to-selections, shuffles-to-gathers",
        "expand-gates, broadcast-gates",
        "split-thin-groups, split-narrow-groups"
    })
    void a_name_of_an_earlier_version_is_still_read(String earlier, String today) {
        assertThat(Rewrites.named(earlier).name()).isEqualTo(today);
        assertThat(Rewrites.all()).extracting(Rewrite::name).contains(today).doesNotContain(earlier);
    }

    @Test
    void an_unknown_name_is_answered_with_the_nearest_of_today() {
        assertThatThrownBy(() -> Rewrites.named(List.of("align-channels", "fuse-hard-activation"), ConvPlan.byRule()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("there is no rewrite 'fuse-hard-activation'")
                .hasMessageContaining("did you mean 'fuse-hard-activations'?");
    }
}
