package dev.kinglet.train;

import dev.kinglet.train.metrics.EpochResult;
import java.nio.file.Path;

/** Is told how a run goes, on the thread that runs it; what it does there is time the run does not have. */
public interface TrainingListener {
    /** Listens to nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * What lies before the loop.
     *
     * @param run the run's folder
     * @param epochs of the whole run
     * @param stepsPerEpoch steps of each
     * @param stepsDone steps that were made before, in a resumed run
     */
    record Plan(Path run, int epochs, int stepsPerEpoch, long stepsDone) {
        /** Steps of the whole run. */
        public long steps() {
            return (long) epochs * stepsPerEpoch;
        }
    }

    /**
     * One step of the optimizer. Epochs and steps count from 0.
     *
     * @param step within its epoch
     * @param loss of this step
     * @param meanLoss of the epoch so far
     * @param top1 in percent, of the epoch so far
     * @param images of this step
     * @param imagesPerSecond of the epoch so far
     */
    record Step(
            int epoch,
            int step,
            double learningRate,
            double loss,
            double meanLoss,
            double top1,
            int images,
            double imagesPerSecond) {}

    /** Before the first step. */
    default void onStart(Plan plan) {}

    /** After a step. */
    default void onStep(Step step) {}

    /** While validation images are scored: how many of them are done. */
    default void onEvaluated(int epoch, long images, long ofImages) {}

    /** After an epoch and its evaluation. {@code best}: its weights are the best so far. */
    default void onEpoch(EpochResult result, boolean best) {}

    /** When an image cannot be used, the first time it is met. */
    default void onSkipped(String image, String reason) {}
}
