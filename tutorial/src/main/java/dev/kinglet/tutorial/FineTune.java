package dev.kinglet.tutorial;

import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.hub.PretrainedWeights;
import dev.kinglet.toolkit.hub.WeightHub;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainConfig;
import java.nio.file.Path;

/**
 * Example 4: published weights, trained on for the classes of a folder of images, with their network and preprocessing.
 * Arguments: {@code IMAGES WEIGHTS RUNS}; WEIGHTS is {@code timm/mobilenetv2_100.ra_in1k} or another repository of the Hugging
 * Face hub, an https address, or a file.
 */
final class FineTune {
    private FineTune() {}

    public static void main(String[] args) throws Exception {
        PretrainedWeights weights = WeightHub.defaults().fetch(args[1]); // kept in ~/.cache/kinglet
        TrainConfig config = Recipes.config(Path.of(args[0]), weights) // another number of classes: a new head
                .withLearningRate(0.0005) // a hundredth of the default: good weights need small steps
                .withEpochs(2)
                .withBatchSize(16)
                .withOutput(Path.of(args[2]));
        TrainingResult result = Training.of(config).run();
        result.best()
                .ifPresent(best -> System.out.printf(
                        "%.1f %% after epoch %d: %s%n", best.evaluation().top1(), best.epoch() + 1, result.run()));
    }
}
