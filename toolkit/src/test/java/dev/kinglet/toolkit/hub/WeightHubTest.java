package dev.kinglet.toolkit.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.zoo.Zoo;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightHubTest {
    @Test
    void the_environment_says_where_the_cache_is_and_whether_there_is_a_network() {
        WeightHub usual = WeightHub.of(Map.of());
        assertThat(usual.cache()).endsWithRaw(Path.of(".cache", "kinglet"));
        assertThat(usual.offline()).isFalse();

        WeightHub other = WeightHub.of(Map.of("KINGLET_CACHE", "weights", "KINGLET_OFFLINE", "1"));
        assertThat(other.cache()).isEqualTo(Path.of("weights"));
        assertThat(other.offline()).isTrue();
        assertThat(WeightHub.of(Map.of("KINGLET_OFFLINE", "0")).offline()).isFalse();
    }

    @Test
    void every_known_source_is_one_that_can_be_fetched_for_a_network_of_the_zoo() {
        assertThat(WeightHub.known()).isNotEmpty().allSatisfy(known -> {
            assertThat(Zoo.get(known.model())).isNotNull();
            assertThat(HubRepository.of(known.source()).isPresent()
                            || WebWeights.of(known.source()).isPresent())
                    .isTrue();
        });
    }

    @Test
    void timms_repositories_are_known_by_the_name_that_the_network_has_there() {
        assertThat(WeightHub.known())
                .filteredOn(known -> known.source().startsWith("hf:timm/"))
                .allSatisfy(known -> assertThat(known.source())
                        .startsWith("hf:timm/"
                                + Zoo.get(known.model()).published().timm().orElseThrow()
                                + "."));
    }
}
