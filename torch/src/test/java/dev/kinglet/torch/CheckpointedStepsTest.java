package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Blocks;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Shape;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.Learner;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.train.options.OptimizerSettings.Dropping;
import dev.kinglet.train.options.OptimizerSettings.Ema;
import dev.kinglet.train.options.OptimizerSettings.Lookahead;
import dev.kinglet.train.options.ParameterRates;
import dev.kinglet.train.options.Precision;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A learner that goes on from a checkpoint ends with the bits of one that was not interrupted. */
@Tag("native")
class CheckpointedStepsTest {
    private static final Optimizer SGD =
            new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-3, Optimizer.Decay.WEIGHTS);

    @TempDir
    Path folder;

    static Stream<OptimizerSettings> settings() {
        OptimizerSettings sgd = OptimizerSettings.of(SGD);
        Optimizer.Decay all = Optimizer.Decay.EVERYTHING;
        return Stream.of(
                OptimizerSettings.of(new Optimizer.AdamW(0.9, 0.99, 1e-8, 0.05, all))
                        .withEma(new Ema(0.9, true, 2)),
                OptimizerSettings.of(new Optimizer.RmsProp(0.9, 0.9, 1e-8, Optimizer.RmsProp.Form.PYTORCH, 1e-4, all)),
                OptimizerSettings.of(
                        new Optimizer.RmsProp(0.9, 0.9, 1e-3, Optimizer.RmsProp.Form.TENSORFLOW, 1e-4, all)),
                OptimizerSettings.of(new Optimizer.Lamb(0.9, 0.99, 1e-6, 0.02, all)),
                sgd.withEma(new Ema(0.8, false, 0)).withDropping(new Dropping(OptionalDouble.of(0.5), 0.5)),
                sgd.withEma(new Ema(
                        0.5, false, 0, Optional.of(new Lookahead(2, 0)))), // the checkpoint lies between two updates
                sgd.withRates(ParameterRates.EQUAL.withFrozenBlocks(4).withLayerDecay(0.8)),
                sgd.withEma(new Ema(0.9, true, 0))
                        .withRates(ParameterRates.EQUAL.withNorm(new ParameterRates.Norm(0, 8))));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void goes_on_with_the_same_bits(OptimizerSettings settings) throws IOException {
        goesOn(() -> learner(residual(), settings));
    }

    @Test
    void goes_on_in_bfloat16_with_the_same_bits() throws IOException {
        LearnerSettings settings =
                new LearnerSettings(OptimizerSettings.of(SGD), 7, 1).withPrecision(Precision.BFLOAT16);
        goesOn(() -> TorchLearner.of(residual(), settings));
    }

    private void goesOn(Supplier<TorchLearner> learners) throws IOException {
        Card card = residual().card();
        Path checkpoint = folder.resolve("checkpoint.safetensors");
        States whole;
        try (TorchLearner learner = learners.get()) {
            steps(learner, 0, 3);
            learner.saveCheckpoint(checkpoint, Map.of());
            steps(learner, 3, 6);
            whole = states(learner, card);
        }
        try (TorchLearner learner = learners.get()) {
            learner.loadCheckpoint(checkpoint);
            steps(learner, 3, 6);
            assertThat(states(learner, card)).isEqualTo(whole);
        }
    }

    @Test
    void a_checkpoint_of_another_optimizer_is_refused() throws IOException {
        Path checkpoint = folder.resolve("checkpoint.safetensors");
        try (TorchLearner learner = learner(residual(), OptimizerSettings.of(SGD))) {
            learner.saveCheckpoint(checkpoint, Map.of());
        }
        OptimizerSettings averaged = OptimizerSettings.of(SGD).withEma(new Ema(0.9, false, 0));
        try (TorchLearner learner = learner(residual(), averaged)) {
            assertThatThrownBy(() -> learner.loadCheckpoint(checkpoint))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("ema.")
                    .hasMessageContaining("is missing");
        }
    }

    @Test
    void frozen_blocks_keep_weights_and_statistics() throws IOException {
        Model model = residual();
        OptimizerSettings headOnly =
                OptimizerSettings.of(SGD).withRates(ParameterRates.EQUAL.withFrozenBlocks(ParameterRates.ALL_BUT_HEAD));
        try (TorchLearner learner = learner(model, headOnly)) {
            Blocks all = Blocks.of(model.network());
            assertThat(learner.frozen())
                    .contains(new Learner.Frozen(
                            all.count() - 1,
                            all.count(),
                            Costs.of(model.network().head()).parameters(),
                            Costs.of(model.network()).parameters()));
            steps(learner, 0, 3);
            Tensors after = states(learner, model.card()).weights();
            for (StateEntry entry : model.network().state()) {
                boolean isHead = all.indexOf(entry.layer()) == all.count() - 1;
                assertThat(after.get(entry.name()).equals(model.tensors().get(entry.name())))
                        .as(entry.name())
                        .isEqualTo(!isHead);
            }
        }
    }

    @Test
    void fixed_tensors_and_normalization_with_a_factor_of_0_stay_as_they_are() throws IOException {
        Model model = residual();
        String fixed = model.network().state().get(0).name();
        OptimizerSettings settings =
                OptimizerSettings.of(SGD).withRates(ParameterRates.EQUAL.withNorm(new ParameterRates.Norm(0, 1)));
        try (TorchLearner learner =
                TorchLearner.of(model, new LearnerSettings(settings, 7, 1).withFixed(Set.of(fixed)))) {
            steps(learner, 0, 3);
            Tensors after = states(learner, model.card()).weights();
            for (StateEntry entry : model.network().state()) {
                boolean stays = entry.name().equals(fixed)
                        || (entry.layer().op() instanceof Op.BatchNorm
                                && entry.parameter().name().equals("weight"));
                assertThat(after.get(entry.name()).equals(model.tensors().get(entry.name())))
                        .as(entry.name())
                        .isEqualTo(stays);
            }
        }
    }

    @Test
    void dropping_acts_in_training_only() throws IOException {
        Model model = residual();
        Batch batch = Batches.random(8, 32, 5, new Random(9));
        OptimizerSettings dropping = OptimizerSettings.of(SGD).withDropping(new Dropping(OptionalDouble.empty(), 0.9));
        try (TorchLearner plain = learner(model, OptimizerSettings.of(SGD));
                TorchLearner dropped = learner(model, dropping)) {
            assertThat(plain.frozen()).isEmpty();
            assertThat(dropped.logits(batch)).isEqualTo(plain.logits(batch));
            assertThat(dropped.step(batch, 0).loss())
                    .isNotEqualTo(plain.step(batch, 0).loss());
        }
        Model without = SmallNetwork.model();
        assertThatThrownBy(() -> learner(without, dropping))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("residual");
        OptimizerSettings dropout = OptimizerSettings.of(SGD).withDropping(new Dropping(OptionalDouble.of(0.9), 0));
        Batch small = SmallNetwork.batch(1, 8);
        try (TorchLearner plain = learner(without, OptimizerSettings.of(SGD));
                TorchLearner dropped = learner(without, dropout)) {
            assertThat(dropped.logits(small)).isEqualTo(plain.logits(small));
            assertThat(dropped.step(small, 0).loss())
                    .isNotEqualTo(plain.step(small, 0).loss());
        }
    }

    @Test
    void estimated_statistics_are_the_mean_of_the_batches() throws IOException {
        Model model = SmallNetwork.model();
        OptimizerSettings averaged = OptimizerSettings.of(SGD).withEma(new Ema(0.9, false, 2));
        float[] means = new float[6];
        for (int number = 0; number < 2; number++) {
            try (TorchLearner one = learner(model, averaged)) {
                one.estimateNormalization(SmallNetwork.batch(number, 8));
                float[] mean = states(one, model.card()).average().orElseThrow().floats("norm.running_mean");
                for (int c = 0; c < means.length; c++) {
                    means[c] += mean[c] / 2;
                }
            }
        }
        try (TorchLearner both = learner(model, averaged)) {
            both.estimateNormalization(SmallNetwork.batch(0, 8));
            both.estimateNormalization(SmallNetwork.batch(1, 8));
            assertThat(states(both, model.card()).average().orElseThrow().floats("norm.running_mean"))
                    .containsExactly(means, org.assertj.core.api.Assertions.offset(1e-6f));
        }
    }

    private static void steps(TorchLearner learner, int from, int to) {
        for (int step = from; step < to; step++) {
            learner.step(Batches.random(8, 32, 5, new Random(step)), 0.02);
        }
    }

    private record States(Tensors weights, Optional<Tensors> average) {}

    private States states(TorchLearner learner, Card card) throws IOException {
        Path file = folder.resolve("state.safetensors");
        learner.saveWeights(file, card);
        Tensors weights = Safetensors.read(file).tensors();
        if (learner.average().isEmpty()) {
            return new States(weights, Optional.empty());
        }
        learner.saveAverage(file, card);
        return new States(weights, Optional.of(Safetensors.read(file).tensors()));
    }

    private static TorchLearner learner(Model model, OptimizerSettings settings) {
        return TorchLearner.of(model, new LearnerSettings(settings, 7, 1));
    }

    /** A small network of the zoo with residual connections. */
    private static Model residual() {
        Variant variant = Zoo.get("asymmnet_small_x0.35");
        Network network = variant.network(Shape.image(32), 5);
        return new Model(
                network,
                variant.initialization().draw(network, new Random(1)),
                new Card(
                        variant.name(),
                        List.of("a", "b", "c", "d", "e"),
                        variant.preprocessing().withInputSize(32)));
    }
}
