package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ModelsCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void models_are_listed_with_their_published_figures() throws JsonProcessingException {
        JsonNode models = MAPPER.readTree(Run.kinglet("models", "--json").out());
        JsonNode peleenet = find(models, "peleenet");
        assertThat(peleenet.get("params").longValue()).isEqualTo(2_802_248);
        assertThat(peleenet.get("macs").isIntegralNumber()).isTrue();
        assertThat(peleenet.get("cio").isIntegralNumber()).isTrue();
        assertThat(peleenet.get("input_size").intValue()).isEqualTo(224);
        assertThat(peleenet.get("published_top1").doubleValue()).isEqualTo(72.6);
        assertThat(find(models, "spgnet_s2p6").get("published_top1").isNull()).isTrue();
    }

    @Test
    void the_table_has_a_line_for_each_model() throws JsonProcessingException {
        int models = MAPPER.readTree(Run.kinglet("models", "--json").out()).size();
        assertThat(Run.kinglet("models").out().strip()).hasLineCount(models + 1);
    }

    @Test
    void a_summary_adds_up() throws JsonProcessingException {
        JsonNode summary =
                MAPPER.readTree(Run.kinglet("summary", "peleenet", "--json").out());
        long macs = 0;
        long parameters = 0;
        for (JsonNode layer : summary.get("layers")) {
            macs += layer.get("macs").longValue();
            parameters += layer.get("params").longValue();
        }
        assertThat(summary.get("params").longValue()).isEqualTo(parameters).isEqualTo(2_802_248);
        assertThat(summary.get("macs").longValue()).isEqualTo(macs);
        assertThat(summary.get("layers").get(0).get("shape").toString()).isEqualTo("[3,224,224]");
    }

    @Test
    void a_summary_of_every_model_fits_a_terminal() throws JsonProcessingException {
        for (JsonNode model : MAPPER.readTree(Run.kinglet("models", "--json").out())) {
            String name = model.get("model").textValue();
            assertThat(Run.kinglet("summary", name).out().lines().mapToInt(String::length))
                    .as(name)
                    .allMatch(width -> width <= 120);
        }
    }

    private static JsonNode find(JsonNode models, String name) {
        for (JsonNode model : models) {
            if (model.get("model").textValue().equals(name)) {
                return model;
            }
        }
        throw new AssertionError(name + " is not in " + models);
    }
}
