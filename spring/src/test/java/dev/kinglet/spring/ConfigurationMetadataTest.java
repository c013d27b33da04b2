package dev.kinglet.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.micrometer.ClassifierMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What editors show while properties are typed, and the page that lists them. */
class ConfigurationMetadataTest {
    private static Map<String, JsonNode> properties(String resource) throws IOException {
        Map<String, JsonNode> properties = new TreeMap<>();
        try (InputStream in = KingletProperties.class.getClassLoader().getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            new ObjectMapper()
                    .readTree(in)
                    .get("properties")
                    .forEach(property -> properties.put(property.get("name").textValue(), property));
        }
        return properties;
    }

    private static Stream<String> keys(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
    }

    @Test
    void every_key_has_a_description() throws IOException {
        Map<String, JsonNode> all = properties("META-INF/spring-configuration-metadata.json");
        assertThat(all.keySet())
                .containsExactlyInAnyOrderElementsOf(keys(KingletProperties.class)
                        .map(key -> "kinglet." + key)
                        .toList());
        assertThat(all.values())
                .allSatisfy(property -> assertThat(property.get("description")).isNotNull());
        assertThat(Objects.requireNonNull(all.get("kinglet.shutdown-timeout"))
                        .get("defaultValue")
                        .textValue())
                .isEqualTo("5s");
    }

    @Test
    void the_page_lists_every_key() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "spring.md"));
        assertThat(Stream.of(
                                keys(KingletProperties.class)
                                        .filter(key -> !key.equals("models"))
                                        .map(key -> "kinglet." + key),
                                keys(KingletProperties.Model.class)
                                        .filter(key -> !key.equals("limits"))
                                        .map(key -> "kinglet.models.NAME." + key),
                                keys(KingletProperties.Limits.class).map(key -> "kinglet.models.NAME.limits." + key))
                        .flatMap(keys -> keys))
                .allSatisfy(key -> assertThat(page).contains("`" + key + "`"));
    }

    @Test
    void the_page_lists_every_meter_and_tag() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "spring.md"));
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        new ClassifierMetrics(registry, "otters");
        assertThat(registry.getMeters()).isNotEmpty().allSatisfy(meter -> {
            assertThat(page).contains("`" + meter.getId().getName() + "`");
            assertThat(meter.getId().getTags())
                    .filteredOn(tag -> !tag.getKey().equals("model"))
                    .allSatisfy(tag -> assertThat(page).contains("`" + tag.getKey() + "`", "`" + tag.getValue() + "`"));
        });
    }
}
