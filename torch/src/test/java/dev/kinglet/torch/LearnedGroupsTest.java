package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Op.LearnedGroupConv.Pruned;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network that is pruned while it trains. */
@Tag("native")
class LearnedGroupsTest {
    private static final Optimizer SGD =
            new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-4, Optimizer.Decay.WEIGHTS);
    private static final int STEPS = 12;

    @TempDir
    Path folder;

    private static Model fresh() {
        Variant variant = Zoo.get("condensenetv2_cifar_learned");
        Network network = variant.network(Shape.image(32), 10);
        Tensors weights = variant.initialization().draw(network, new Random(1));
        return new Model(network, weights, Golden.model(variant).card());
    }

    private static TorchLearner learner(Model model, double groupLasso) {
        return TorchLearner.of(
                model,
                new LearnerSettings(
                        OptimizerSettings.of(SGD)
                                .withLoss(OptimizerSettings.Loss.CROSS_ENTROPY.withGroupLasso(groupLasso)),
                        7,
                        1));
    }

    private Model state(TorchLearner learner, Model model) throws IOException {
        Path file = folder.resolve("weights.safetensors");
        learner.saveWeights(file, model.card());
        return ModelFile.read(file, card -> model.network());
    }

    @Test
    void a_trained_network_is_pruned_to_its_end_and_its_converted_form_has_the_same_logits() throws IOException {
        Model model = fresh();
        Random random = new Random(2);
        try (TorchLearner learner = learner(model, 0)) {
            int prunings = 0;
            for (int step = 0; step < STEPS; step++) {
                prunings += learner.prune(Pruning.progress(step, STEPS)) ? 1 : 0;
                learner.step(Batches.easy(8, 32, 10, random), 0.01);
            }
            assertThat(prunings).isEqualTo(3); // condensation 4
            Model trained = state(learner, model);
            Model converted = Rewrites.convertLearnedGroups().apply(trained);
            float[] image = Golden.image(32);
            try (TorchScorer before = TorchScorer.of(trained, 1);
                    TorchScorer after = TorchScorer.of(converted, 1)) {
                double[] wanted = doubles(before.logits(image, 1));
                assertThat(Golden.largestDifference(after.logits(image, 1), wanted))
                        .isLessThan(1e-5);
            }
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    @Test
    void what_is_pruned_no_longer_matters_and_stays_pruned_after_a_checkpoint() throws IOException {
        Model model = fresh();
        Random random = new Random(2);
        Path checkpoint = folder.resolve("checkpoint.safetensors");
        try (TorchLearner learner = learner(model, 0);
                TorchLearner other = learner(model, 0)) {
            assertThat(learner.prune(0)).isFalse();
            assertThat(learner.prune(0.25)).isTrue();
            learner.step(Batches.easy(8, 32, 10, random), 0.01);
            learner.saveCheckpoint(checkpoint, Map.of());
            other.loadCheckpoint(checkpoint);
            assertThat(other.prune(0.25)).isFalse();
            assertThat(state(other, model).tensors())
                    .isEqualTo(state(learner, model).tensors());
        }
    }

    @Test
    void the_group_lasso_adds_the_norms_of_what_each_group_has_of_each_channel() {
        Model model = fresh();
        Random random = new Random(2);
        var batch = Batches.easy(8, 32, 10, random);
        double weight = 1e-3;
        try (TorchLearner plain = learner(model, 0);
                TorchLearner lasso = learner(model, weight)) {
            double loss = plain.step(batch, 0).loss();
            assertThat(lasso.step(batch, 0).loss()).isCloseTo(loss + weight * norms(model), within(1e-3));
            lasso.prune(1); // nothing is left to prepare for
            plain.prune(1);
            assertThat(lasso.step(batch, 0).loss())
                    .isCloseTo(plain.step(batch, 0).loss(), within(1e-6));
        }
    }

    private static double norms(Model model) {
        double sum = 0;
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof LearnedGroupConv op) {
                float[] weight = model.tensors().floats(layer.nameOf(LearnedGroupConv.WEIGHT));
                boolean inputs = op.pruned() == Pruned.INPUTS;
                double[][] squares = new double[op.groups()][inputs ? op.in() : op.out()];
                for (int i = 0; i < weight.length; i++) {
                    int out = i / op.in();
                    int in = i % op.in();
                    squares[(inputs ? out : in) % op.groups()][inputs ? in : out] += weight[i] * weight[i];
                }
                for (double[] group : squares) {
                    for (double square : group) {
                        sum += Math.sqrt(square);
                    }
                }
            }
        }
        return sum;
    }
}
