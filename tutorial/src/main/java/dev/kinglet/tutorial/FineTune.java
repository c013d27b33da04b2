package dev.kinglet.tutorial;

import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.Training;
import dev.kinglet.train.TrainingResult;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import java.nio.file.Path;

/**
 * Example 5: weights that others trained, trained on for the classes of a folder of images. Arguments: {@code IMAGES MODEL
 * WEIGHTS RUNS}; WEIGHTS is a file of PyTorch or Paddle, a {@code .safetensors} file or a run's folder.
 */
final class FineTune {
    private static final int EPOCHS = 2;

    private FineTune() {}

    public static void main(String[] args) throws Exception {
        TrainConfig config = Recipes.config(Path.of(args[0]), args[1])
                .with(
                        TrainOption.INITIAL_CHECKPOINT,
                        args[2]) // the head keeps its random weights where the classes differ
                .withLearningRate(0.005) // a tenth of the default: good weights need small steps
                .withEpochs(EPOCHS)
                .withBatchSize(16)
                .withOutput(Path.of(args[3]));
        TrainingResult result = Training.of(config).run();
        result.best()
                .ifPresent(best -> System.out.printf(
                        "%.1f %% after epoch %d: %s%n", best.evaluation().top1(), best.epoch() + 1, result.run()));
    }
}
