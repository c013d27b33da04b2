package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kinglet.train.options.Schedule;
import dev.kinglet.train.options.ScheduleSettings;
import dev.kinglet.train.options.ScheduleSettings.Decay;
import dev.kinglet.train.options.ScheduleSettings.Kind;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlateauTest {
    @Test
    void reduces_the_learning_rate_when_pytorch_does() throws Exception {
        JsonNode record;
        try (var in = ScheduleSettings.class.getResourceAsStream("schedules.json")) {
            record = new JsonMapper().readTree(in);
        }
        Schedule schedule = ScheduleSettings.of(20, 8)
                .withWarmUp(0)
                .withDecay(Decay.of(Kind.PLATEAU).withMinimum(0.02))
                .over(10, 0.4);
        Plateau plateau = Plateau.START;
        JsonNode top1 = record.get("plateau top1");
        JsonNode rates = record.get("plateau");
        assertThat(rates).hasSameSizeAs(top1);
        for (int epoch = 0; epoch < top1.size(); epoch++) {
            plateau = plateau.after(top1.get(epoch).asDouble(), 2, 0.3);
            assertThat(schedule.learningRate(10 * (epoch + 1L), plateau.reduction()))
                    .as("after epoch " + epoch)
                    .isCloseTo(rates.get(epoch).asDouble(), within(1e-12));
        }
        Map<String, String> saved = new HashMap<>();
        plateau.putInto(saved);
        assertThat(Plateau.of(new SavedState(saved))).isEqualTo(plateau);
        assertThat(Plateau.of(new SavedState(Map.of()))).isEqualTo(Plateau.START);
    }
}
