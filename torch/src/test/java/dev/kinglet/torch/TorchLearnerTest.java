package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class TorchLearnerTest {
    private static final Optimizer PLAIN =
            new Optimizer.Sgd(0, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING);
    private static final Optimizer NESTEROV =
            new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-3, Optimizer.Decay.WEIGHTS);

    @TempDir
    Path folder;

    private static Model model(String name, int pixels, int classes) {
        Variant variant = Zoo.get(name);
        Network network = variant.network(Shape.image(pixels), classes);
        Tensors weights = variant.initialization().draw(network, new Random(1));
        List<String> labels =
                IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
        return new Model(
                network, weights, new Card(name, labels, variant.preprocessing().withInputSize(pixels)));
    }

    private static TorchLearner learner(Model model, Optimizer sgd) {
        return TorchLearner.of(
                model, new LearnerSettings(OptimizerSettings.of(sgd).withLabelSmoothing(0.1), 7, 1));
    }

    private Tensors weights(TorchLearner learner, Model model) throws IOException {
        Path file = folder.resolve("weights.safetensors");
        learner.saveWeights(file, model.card());
        return Safetensors.read(file).tensors(); // as it is, finite or not
    }

    @Test
    void learns_what_can_be_learnt() {
        Model model = model("peleenet", 32, 4);
        Random random = new Random(3);
        try (TorchLearner learner = learner(model, NESTEROV)) {
            double first = learner.step(Batches.easy(16, 32, 4, random), 0.02).loss();
            for (int i = 0; i < 40; i++) {
                learner.step(Batches.easy(16, 32, 4, random), 0.02);
            }
            StepResult last = learner.step(Batches.easy(16, 32, 4, random), 0.02);
            assertThat(last.loss()).isLessThan(first / 1.5);
            assertThat(last.correct()).isGreaterThanOrEqualTo(14);
        }
    }

    @Test
    void the_first_loss_is_that_of_guessing() {
        // logits of randomly initialized weights are small, so the cross-entropy is close to ln 10, label smoothing or
        // not
        try (TorchLearner learner = learner(model("spgnet_s2p6_cifar", 32, 10), PLAIN)) {
            assertThat(learner.step(Batches.random(32, 32, 10, new Random(1)), 0)
                            .loss())
                    .isCloseTo(Math.log(10), within(0.15));
        }
    }

    @Test
    void a_gradient_is_the_slope_of_the_loss() throws IOException {
        // Plain SGD moves every weight by -lr times its gradient g, so the loss falls by lr |g|^2 to first order. A
        // long step shows g in what the weights went, a short one the slope.
        Model drawn = Quiet.without(model("peleenet", 32, 4));
        Model model = new Model(drawn.network(), Golden.weights(drawn.network()), drawn.card());
        Batch batch = Batches.random(8, 32, 4, new Random(5));
        Tensors moved = after(model, PLAIN, batch, 1e-2, 1);
        double squared = 0;
        for (var entry : model.network().state()) {
            if (entry.parameter().trained()) {
                float[] from = model.tensors().floats(entry.name());
                float[] to = moved.floats(entry.name());
                for (int i = 0; i < from.length; i++) {
                    double g = (from[i] - (double) to[i]) / 1e-2;
                    squared += g * g;
                }
            }
        }
        try (TorchLearner learner = learner(model, PLAIN)) {
            double fall = 2e-3; // well above float32's rounding of a loss, well below its curvature
            double before = learner.step(batch, fall / squared).loss();
            double after = learner.step(batch, 0).loss();
            assertThat((before - after) / fall).isCloseTo(1, within(0.05));
        }
    }

    @Test
    void weighted_classes_give_the_weighted_mean_of_the_losses() {
        Scope root = Scope.root();
        root.linear("fc", root.globalAverage("pool", root.input(Shape.image(8))), 3, true);
        Network network = root.build("linear");
        Card card = new Card(
                "linear", List.of("a", "b", "c"), Preprocessing.imagenet().withInputSize(8));
        Model model = new Model(network, Golden.weights(network), card);
        List<Double> weights = List.of(0.5, 2.0, 3.0);
        LearnerSettings plain = new LearnerSettings(OptimizerSettings.of(PLAIN), 1, 1);
        Batch batch = Batches.random(6, 8, 3, new Random(9));
        double sum = 0;
        double weight = 0;
        try (TorchLearner alone = TorchLearner.of(model, plain);
                TorchLearner weighted = TorchLearner.of(model, plain.withClassWeights(weights))) {
            for (int n = 0; n < batch.size(); n++) {
                double own = weights.get(batch.labels()[n]);
                sum += own * alone.step(Batches.one(batch, n), 0).loss();
                weight += own;
            }
            assertThat(weighted.step(batch, 0).loss()).isCloseTo(sum / weight, within(1e-5));
        }
        assertThatThrownBy(() -> TorchLearner.of(model, plain.withClassWeights(List.of(1.0, 1.0))))
                .hasMessage("2 class weights for a network of 3 classes");
    }

    @Test
    void mixed_targets_give_the_loss_and_gradient_of_plain_arithmetic() throws IOException {
        // one linear layer on the mean of each channel: small enough to be worked out by hand
        int classes = 5;
        double lr = 0.5;
        double smoothing = 0.1;
        Scope root = Scope.root();
        root.linear("fc", root.globalAverage("pool", root.input(Shape.image(8))), classes, true);
        Network network = root.build("linear");
        Tensors weights = Golden.weights(network);
        List<String> labels =
                IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
        Preprocessing preprocessing = Preprocessing.imagenet().withInputSize(8);
        Model model = new Model(network, weights, new Card("linear", labels, preprocessing));
        int[] others = {4, 3, 2, 1, 0, 1};
        Batch batch = Batches.random(6, 8, classes, new Random(9)).mixed(others, 0.3);
        double[][] gradient = new double[classes][4]; // the last of the bias
        double loss = 0;
        int correct = 0;
        for (int n = 0; n < 6; n++) {
            double[] x = means(batch, n, preprocessing);
            double[] logits = new double[classes];
            double sum = 0;
            int highest = 0;
            for (int c = 0; c < classes; c++) {
                logits[c] = weights.floats("fc.bias")[c];
                for (int k = 0; k < 3; k++) {
                    logits[c] += weights.floats("fc.weight")[3 * c + k] * x[k];
                }
                sum += Math.exp(logits[c]);
                highest = logits[c] > logits[highest] ? c : highest;
            }
            correct += highest == others[n] ? 1 : 0; // 0.7 of each target is the other's
            for (int c = 0; c < classes; c++) {
                double target = smoothing / classes
                        + (1 - smoothing) * ((c == batch.labels()[n] ? 0.3 : 0) + (c == others[n] ? 0.7 : 0));
                double share = Math.exp(logits[c]) / sum;
                loss -= target * Math.log(share) / 6;
                for (int k = 0; k < 4; k++) {
                    gradient[c][k] += (share - target) * (k < 3 ? x[k] : 1) / 6;
                }
            }
        }
        try (TorchLearner learner = learner(model, PLAIN)) {
            StepResult result = learner.step(batch, lr);
            assertThat(result.loss()).isCloseTo(loss, within(1e-5));
            assertThat(result.correct()).isEqualTo(correct);
            Tensors moved = weights(learner, model);
            for (int c = 0; c < classes; c++) {
                for (int k = 0; k < 4; k++) {
                    float from = k < 3 ? weights.floats("fc.weight")[3 * c + k] : weights.floats("fc.bias")[c];
                    float to = k < 3 ? moved.floats("fc.weight")[3 * c + k] : moved.floats("fc.bias")[c];
                    assertThat((from - to) / lr).isCloseTo(gradient[c][k], within(1e-5));
                }
            }
        }
    }

    /** {@code [3]}, each channel's mean as a network sees it. */
    private static double[] means(Batch batch, int n, Preprocessing preprocessing) {
        int pixels = batch.imageSize() * batch.imageSize();
        double[] means = new double[3];
        for (int i = 0; i < 3 * pixels; i++) {
            double value = (batch.pixels().get(n * 3 * pixels + i) & 0xff) / 255.0;
            int channel = i % 3;
            means[channel] += (value - preprocessing.mean().get(channel))
                    / preprocessing.std().get(channel)
                    / pixels;
        }
        return means;
    }

    @Test
    void momentum_weight_decay_and_nesterov_are_those_of_the_formula() throws IOException {
        Model model = Quiet.without(model("spgnet_s2p6_cifar", 32, 10));
        Batch batch = Batches.random(8, 32, 10, new Random(6));
        String kernel = "layers.0.conv_in.conv.weight";
        String scale = "layers.0.conv_in.bn.weight";
        double lr = 0.01;
        Tensors start = model.tensors();
        Tensors plain = after(model, PLAIN, batch, lr, 1);
        Tensors nesterov = after(model, NESTEROV, batch, lr, 1);
        // one step from rest: v = g + wd w, w -= lr (g' + 0.9 v) with g' = g + wd w; norms without decay
        for (String name : List.of(kernel, scale)) {
            double decay = name.equals(kernel) ? NESTEROV.weightDecay() : 0;
            float[] w = start.floats(name);
            for (int i = 0; i < w.length; i += 7) {
                double g = (w[i] - (double) plain.floats(name)[i]) / lr;
                double want = w[i] - lr * 1.9 * (g + decay * w[i]);
                assertThat((double) nesterov.floats(name)[i]).isCloseTo(want, within(2e-6));
            }
        }
        Optimizer classic = new Optimizer.Sgd(0.5, Optimizer.Sgd.Momentum.CLASSIC, 0, Optimizer.Decay.EVERYTHING);
        // a step of rate 0 leaves the weights and gathers v = g; the next one moves them by v = 0.5 g + g
        try (TorchLearner learner = learner(model, classic)) {
            learner.step(batch, 0);
            learner.step(batch, lr);
            Tensors moved = weights(learner, model);
            float[] w = start.floats(kernel);
            for (int i = 0; i < w.length; i += 7) {
                double g = (w[i] - (double) plain.floats(kernel)[i]) / lr;
                assertThat((double) moved.floats(kernel)[i]).isCloseTo(w[i] - lr * 1.5 * g, within(2e-6));
            }
        }
    }

    private Tensors after(Model model, Optimizer sgd, Batch batch, double lr, int steps) throws IOException {
        try (TorchLearner learner = learner(model, sgd)) {
            for (int i = 0; i < steps; i++) {
                learner.step(batch, lr);
            }
            return weights(learner, model);
        }
    }

    @Test
    void goes_on_from_a_checkpoint_to_the_bit() throws IOException {
        Model model = model("peleenet", 32, 4); // has dropout
        Path file = folder.resolve("step-3.safetensors");
        Tensors uninterrupted;
        Random random = new Random(9);
        List<Batch> batches = IntStream.range(0, 6)
                .mapToObj(i -> Batches.easy(8, 32, 4, random))
                .toList();
        try (TorchLearner learner = learner(model, NESTEROV)) {
            for (int i = 0; i < 6; i++) {
                if (i == 3) {
                    learner.saveCheckpoint(file, Map.of("epoch", "2"));
                }
                learner.step(batches.get(i), 0.01);
            }
            uninterrupted = weights(learner, model);
        }
        try (TorchLearner learner = learner(model("peleenet", 32, 4), NESTEROV)) {
            assertThat(learner.loadCheckpoint(file)).isEqualTo(Map.of("epoch", "2"));
            for (int i = 3; i < 6; i++) {
                learner.step(batches.get(i), 0.01);
            }
            assertThat(weights(learner, model)).isEqualTo(uninterrupted);
        }
    }

    @Test
    void a_loss_that_is_not_a_number_leaves_the_weights_as_they_were() throws IOException {
        Model model = model("spgnet_s2p6_cifar", 32, 10);
        Batch batch = Batches.random(8, 32, 10, new Random(6));
        try (TorchLearner learner = learner(model, PLAIN)) {
            learner.step(batch, 1e30); // far enough for the next loss to overflow
            Tensors before = weights(learner, model);
            assertThat(learner.step(batch, 0.1).loss()).isNotFinite();
            Tensors after = weights(learner, model);
            for (var entry : model.network().state()) {
                if (entry.parameter().trained()) {
                    assertThat(after.get(entry.name())).isEqualTo(before.get(entry.name()));
                }
            }
        }
    }

    @Test
    void a_batch_without_variance_is_refused_and_changes_nothing() throws IOException {
        Model model = model("asymmnet_small_x0.35", 32, 4); // its last maps have 1x1 pixels
        Batch pair = Batches.random(2, 32, 4, new Random(6));
        try (TorchLearner learner = learner(model, PLAIN)) {
            Tensors before = weights(learner, model);
            assertThat(learner.minimumBatch()).isEqualTo(2);
            assertThatThrownBy(() -> learner.step(Batches.one(pair, 0), 0.1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("'asymm_block.8.dw_conv.bn' normalizes one value per channel and image, so a batch of 1"
                            + " image has no variance; train asymmnet_small_x0.35 with at least 2 images per batch, or"
                            + " with larger images");
            assertThat(weights(learner, model)).isEqualTo(before);
            learner.step(pair, 0.1);
            Tensors after = weights(learner, model);
            assertThat(after.floats("asymm_block.8.dw_conv.bn.running_var")).doesNotContain(Float.NaN);
        }
        try (TorchLearner learner = learner(model("resnet20_cifar", 32, 4), PLAIN)) {
            assertThat(learner.minimumBatch()).isEqualTo(1);
            assertThat(learner.step(Batches.one(pair, 0), 0.01).loss()).isFinite();
        }
    }

    @Test
    void a_checkpoint_of_another_network_is_refused_and_changes_nothing() throws IOException {
        Path file = folder.resolve("step-0.safetensors");
        try (TorchLearner learner = learner(model("peleenet", 32, 4), PLAIN)) {
            learner.saveCheckpoint(file, Map.of());
        }
        Model model = model("spgnet_s2p6_cifar", 32, 10);
        try (TorchLearner learner = learner(model, PLAIN)) {
            Tensors before = weights(learner, model);
            assertThatThrownBy(() -> learner.loadCheckpoint(file))
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + " is a checkpoint of peleenet, but the run trains spgnet_s2p6_cifar");
            assertThat(weights(learner, model)).isEqualTo(before);
        }
        try (TorchLearner learner = learner(model("peleenet", 32, 5), PLAIN)) {
            assertThatThrownBy(() -> learner.loadCheckpoint(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("classifier.weight is missing or not [5, 704]");
        }
    }

    @Test
    void a_file_of_weights_is_not_a_checkpoint() throws IOException {
        Model model = model("spgnet_s2p6_cifar", 32, 10);
        Path file = folder.resolve("last.safetensors");
        try (TorchLearner learner = learner(model, PLAIN)) {
            learner.saveWeights(file, model.card());
            assertThatThrownBy(() -> learner.loadCheckpoint(file))
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + " is not a checkpoint of a training run");
        }
    }

    @Test
    void native_memory_stays_flat_over_steps() throws IOException {
        Batch batch = Batches.random(2, 32, 10, new Random(6));
        try (TorchLearner learner = learner(model("spgnet_s2p6_cifar", 32, 10), NESTEROV)) {
            for (int i = 0; i < 20; i++) {
                learner.step(batch, 0.01);
                learner.logits(batch);
            }
            long pointers = Pointer.totalCount();
            long before = residentBytes();
            for (int i = 0; i < 50; i++) {
                learner.step(batch, 0.01);
                learner.logits(batch);
            }
            // a step's activations alone are some 10 MiB: those of 50 leaked ones would show many times over
            assertThat(residentBytes() - before).isLessThan(64L << 20);
            assertThat(Pointer.totalCount() - pointers).isLessThanOrEqualTo(0);
        }
    }

    private static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        org.assertj.core.api.Assumptions.assumeThat(status).exists();
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow();
    }
}
