package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.train.options.OptimizerSettings.Clipping;
import dev.kinglet.train.options.OptimizerSettings.Ema;
import dev.kinglet.train.options.OptimizerSettings.Lookahead;
import dev.kinglet.train.options.OptimizerSettings.Loss;
import dev.kinglet.train.options.ParameterRates;
import dev.kinglet.train.options.Precision;
import dev.kinglet.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The arithmetic of a step is that of PyTorch and timm, whose results {@code optimizers.py} has recorded in float64. */
@Tag("native")
class RecordedStepsTest {
    private static final int STEPS = 6;
    private static final int IMAGES = 8;
    private static final int ESTIMATED = 3; // batches
    private static final Optimizer.Decay WEIGHTS = Optimizer.Decay.WEIGHTS;
    private static final Optimizer SGD = new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.CLASSIC, 0.01, WEIGHTS);

    @TempDir
    Path folder;

    static Stream<Arguments> recorded() {
        OptimizerSettings sgd = smoothed(SGD);
        return Stream.of(
                Arguments.of("sgd", sgd, 0.1),
                Arguments.of(
                        "nesterov",
                        smoothed(new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 0.01, WEIGHTS)),
                        0.1),
                Arguments.of("adamw", smoothed(new Optimizer.AdamW(0.9, 0.99, 1e-2, 0.05, WEIGHTS)), 0.01),
                Arguments.of("rmsprop", smoothed(rms(Optimizer.RmsProp.Form.PYTORCH)), 0.01),
                Arguments.of("rmsproptf", smoothed(rms(Optimizer.RmsProp.Form.TENSORFLOW)), 0.1),
                Arguments.of("lamb", smoothed(new Optimizer.Lamb(0.9, 0.99, 1e-2, 0.02, WEIGHTS)), 0.01),
                Arguments.of("clip-norm", sgd.withClipping(new Clipping(Clipping.Mode.NORM, 0.3)), 0.1),
                Arguments.of("clip-value", sgd.withClipping(new Clipping(Clipping.Mode.VALUE, 0.02)), 0.1),
                Arguments.of("clip-agc", sgd.withClipping(new Clipping(Clipping.Mode.AGC, 0.05)), 0.1),
                Arguments.of("bce", sgd.withLoss(new Loss(0.1, true, 0)), 0.1),
                Arguments.of("accumulated", sgd, 0.1),
                Arguments.of("ema", sgd.withEma(new Ema(0.7, false, 0)), 0.1),
                Arguments.of("ema-warmup", sgd.withEma(new Ema(0.9999, true, 0)), 0.1),
                Arguments.of("ema-estimated", sgd.withEma(new Ema(0.7, false, ESTIMATED)), 0.1),
                Arguments.of("lookahead", sgd.withEma(new Ema(0.6, false, 0, Optional.of(new Lookahead(2, 0)))), 0.1),
                Arguments.of(
                        "lookahead-ramp", sgd.withEma(new Ema(0.6, false, 0, Optional.of(new Lookahead(2, 3)))), 0.1),
                Arguments.of(
                        "frozen",
                        sgd.withRates(ParameterRates.EQUAL.withFrozenBlocks(ParameterRates.ALL_BUT_HEAD)),
                        0.1),
                Arguments.of(
                        "layer-decay",
                        sgd.withRates(ParameterRates.EQUAL.withHead(0.3).withLayerDecay(0.5)),
                        0.1),
                Arguments.of(
                        "norm-scale",
                        smoothed(new Optimizer.Sgd(
                                        0.9, Optimizer.Sgd.Momentum.NESTEROV, 0.01, Optimizer.Decay.EVERYTHING))
                                .withRates(ParameterRates.EQUAL.withNorm(new ParameterRates.Norm(0, 4))),
                        0.02));
    }

    private static OptimizerSettings smoothed(Optimizer rule) {
        return OptimizerSettings.of(rule).withLabelSmoothing(0.1);
    }

    private static Optimizer rms(Optimizer.RmsProp.Form form) {
        return new Optimizer.RmsProp(0.9, 0.8, 1e-2, form, 0.01, WEIGHTS);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recorded")
    void six_steps_end_where_the_reference_does(String name, OptimizerSettings settings, double rate)
            throws IOException {
        Model model = SmallNetwork.model();
        Map<String, double[]> expected = expected(name);
        assertThat(expected).hasSize(7);
        Tensors got;
        try (TorchLearner learner = TorchLearner.of(
                model, new LearnerSettings(settings, rate, List.of(), 1, 1, true, Precision.FLOAT32, Set.of()))) {
            for (int step = 0; step < STEPS; step++) {
                List<Batch> batches = new ArrayList<>(List.of(SmallNetwork.batch(step, IMAGES)));
                if (name.equals("accumulated")) {
                    batches.add(SmallNetwork.batch(step + 50, IMAGES / 2));
                }
                learner.prune((step + 1.0) / STEPS);
                learner.step(batches, rate * (1 - step / 10.0));
            }
            for (int number = 0; number < (name.equals("ema-estimated") ? ESTIMATED : 0); number++) {
                learner.estimateNormalization(SmallNetwork.batch(number, IMAGES));
            }
            Path file = folder.resolve("weights.safetensors");
            if (settings.ema().isPresent()) {
                learner.saveAverage(file, model.card());
            } else {
                learner.saveWeights(file, model.card());
            }
            got = Safetensors.read(file).tensors();
        }
        expected.forEach((tensor, values) -> {
            float[] own = got.floats(tensor);
            double largest = 0;
            double difference = 0;
            for (int i = 0; i < values.length; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
                difference = Math.max(difference, Math.abs(values[i] - own[i]));
            }
            assertThat(difference).as(tensor).isLessThanOrEqualTo(1e-6 * largest);
        });
    }

    private static Map<String, double[]> expected(String name) throws IOException {
        Map<String, double[]> tensors = new LinkedHashMap<>();
        try (var in = RecordedStepsTest.class.getResourceAsStream("optimizers.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList()) {
                String[] fields = line.split(" ");
                if (fields[0].equals(name)) {
                    tensors.put(
                            fields[1],
                            Stream.of(fields)
                                    .skip(2)
                                    .mapToDouble(Double::parseDouble)
                                    .toArray());
                }
            }
        }
        return tensors;
    }
}
