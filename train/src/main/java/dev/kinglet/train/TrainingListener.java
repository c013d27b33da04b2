package dev.kinglet.train;

import dev.kinglet.train.metrics.EpochResult;
import java.nio.file.Path;

/** A listener to the events of a run. It is called on the thread that trains, which waits for it. */
public interface TrainingListener {
    /** Ignores every event. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * The steps that lie before the loop.
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

    /** When an image cannot be used, once per image. */
    default void onSkipped(String image, String reason) {}
}
