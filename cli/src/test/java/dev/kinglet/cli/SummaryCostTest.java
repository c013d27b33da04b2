package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SummaryCostTest {
    @Test
    void the_call_names_a_model_or_asks_for_all() {
        assertThat(Run.kinglet("summary").status()).isEqualTo(2);
        assertThat(Run.kinglet("summary", "--cost").err())
                .contains("takes the name of a model")
                .hasLineCount(1);
        assertThat(Run.kinglet("summary", "peleenet", "--measure").err()).contains("--measure goes with --cost");
        assertThat(Run.kinglet("summary", "pelenet", "--cost").err()).contains("did you mean 'peleenet'?");
    }

    @Test
    @Tag("native")
    void a_networks_layers_are_predicted_and_add_up() throws JsonProcessingException {
        Run run = Run.kinglet("summary", "asymmnet_small_x0.35", "--img-size", 64, "--cost", "--measure", "--json");
        assertThat(run.status()).as(run.err()).isZero();
        JsonNode page = new ObjectMapper().readTree(run.out());
        double sum = 0;
        for (JsonNode layer : page.get("layers")) {
            assertThat(layer.get("bound").textValue()).isIn("compute", "memory", "overhead");
            sum += layer.get("ms").doubleValue();
        }
        assertThat(page.get("predicted_ms").doubleValue()).isPositive().isCloseTo(sum, within(1e-9));
        assertThat(page.get("measured_ms").doubleValue()).isPositive();
        assertThat(page.get("rates").has("depthwise")).isTrue();
    }
}
