package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kinglet.train.options.ScheduleSettings.Decay;
import dev.kinglet.train.options.ScheduleSettings.Kind;
import dev.kinglet.train.options.ScheduleSettings.WarmUp;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The learning rates are those of PyTorch's and timm's schedulers, which {@code schedules.py} has recorded. */
class RecordedSchedulesTest {
    private static final int EPOCHS = 3;
    private static final int STEPS_PER_EPOCH = 10;
    private static final WarmUp WARM_UP = new WarmUp(OptionalDouble.of(0.5), OptionalDouble.of(0.1));

    static Stream<Arguments> recorded() {
        ScheduleSettings none = ScheduleSettings.of(EPOCHS, 8).withWarmUp(0);
        ScheduleSettings warm = none.withWarmUp(WARM_UP);
        return Stream.of(
                Arguments.of("cosine", warm.withDecay(Decay.COSINE.withMinimum(0.01))),
                Arguments.of(
                        "cosine by epoch",
                        warm.withWarmUp(new WarmUp(OptionalDouble.of(1), OptionalDouble.of(0.1)))
                                .withDecay(Decay.COSINE.withMinimum(0.01))
                                .withOnUpdates(false)),
                Arguments.of(
                        "poly",
                        warm.withDecay(Decay.of(Kind.POLY).withMinimum(0.01).withRate(0.9))),
                Arguments.of(
                        "step",
                        warm.withDecay(Decay.of(Kind.STEP).withEpochs(1.2).withRate(0.3))),
                Arguments.of(
                        "multistep",
                        none.withDecay(Decay.of(Kind.MULTISTEP)
                                .withMilestones(List.of(1.0, 2.5))
                                .withRate(0.2))),
                Arguments.of("onecycle", ScheduleSettings.of(EPOCHS, 8).withDecay(Decay.of(Kind.ONECYCLE))),
                Arguments.of("constant", none.withDecay(Decay.of(Kind.CONSTANT))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recorded")
    void three_epochs_have_the_learning_rates_of_the_reference(String name, ScheduleSettings settings)
            throws IOException {
        Schedule schedule = settings.over(STEPS_PER_EPOCH, 0.4);
        JsonNode rates = record().get(name);
        assertThat(rates).hasSize(EPOCHS * STEPS_PER_EPOCH);
        for (int step = 0; step < rates.size(); step++) {
            double rate = rates.get(step).asDouble();
            assertThat(schedule.learningRate(step)).as("step " + step).isCloseTo(rate, within(1e-6 * rate));
        }
    }

    private static JsonNode record() throws IOException {
        try (var in = RecordedSchedulesTest.class.getResourceAsStream("schedules.json")) {
            return new JsonMapper().readTree(in);
        }
    }
}
