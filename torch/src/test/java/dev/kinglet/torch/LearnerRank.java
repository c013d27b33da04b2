package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.distributed.Rendezvous;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import dev.kinglet.weights.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A rank with a learner, in a process of its own: one JVM has one at a time. Writes its results into a folder. */
final class LearnerRank {
    static final int STEPS = 10;
    static final int IMAGES = 12; // of a step of all ranks

    private LearnerRank() {}

    /** @param args which work, rank, port, folder */
    public static void main(String[] args) throws Exception {
        int rank = Integer.parseInt(args[1]);
        Path folder = Path.of(args[3]);
        Rendezvous rendezvous = Rendezvous.of(rank, 2, "127.0.0.1", Integer.parseInt(args[2]))
                .withTimeout(Duration.ofSeconds(30))
                .withJoinTimeout(Duration.ofSeconds(60));
        Model model = SmallNetwork.model();
        try (GlooProcessGroup group = GlooProcessGroup.join(rendezvous, () -> false);
                TorchLearner learner = TorchLearner.of(model, settings(), group)) {
            List<String> results = args[0].equals("halves") ? halves(group, learner) : spoiled(group, learner);
            learner.shareStatistics();
            weights(learner, model, folder.resolve("rank" + rank + ".safetensors"));
            Files.write(folder.resolve("rank" + rank + ".txt"), results);
        }
    }

    /** Steps with a half of each batch. */
    private static List<String> halves(GlooProcessGroup group, TorchLearner learner) throws IOException {
        List<String> losses = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            Batch batch = half(SmallNetwork.batch(i, IMAGES), group.rank());
            double[] loss = {learner.step(List.of(batch), IMAGES, 0.1).loss()};
            group.sum(loss);
            losses.add(Double.toString(loss[0]));
        }
        return losses;
    }

    /** A step in which rank 1 has no images, and one for which rank 1 alone has weights that are spoiled. */
    private static List<String> spoiled(GlooProcessGroup group, TorchLearner learner) {
        Batch batch = SmallNetwork.batch(1, 6);
        StepResult first = learner.step(group.isFirst() ? List.of(batch) : List.of(), 6, 0.1);
        learner.step(List.of(batch), IMAGES, group.isFirst() ? 0.1 : 1e30);
        StepResult last = learner.step(List.of(batch), IMAGES, 0.1);
        return List.of(Double.isNaN(first.loss()) + "", Double.isNaN(last.loss()) + "");
    }

    static Batch half(Batch batch, int which) {
        int images = batch.size() / 2;
        int bytes = images * batch.imageSize() * batch.imageSize() * 3;
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes).put(0, batch.pixels(), which * bytes, bytes);
        int[] labels = new int[images];
        System.arraycopy(batch.labels(), which * images, labels, 0, images);
        return new Batch(pixels, batch.imageSize(), labels, new int[images]);
    }

    static LearnerSettings settings() {
        return new LearnerSettings(
                OptimizerSettings.of(
                        new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 1e-3, Optimizer.Decay.WEIGHTS)),
                7,
                1);
    }

    static Tensors weights(TorchLearner learner, Model model, Path file) throws IOException {
        learner.saveWeights(file, model.card());
        return Safetensors.read(file).tensors();
    }
}
