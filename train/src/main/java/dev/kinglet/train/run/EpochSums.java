package dev.kinglet.train.run;

import dev.kinglet.train.metrics.StepResult;
import java.util.Map;

/**
 * Sums over the steps of an epoch so far. Immutable; a checkpoint carries them, so a resumed epoch ends with the same.
 *
 * @param lossSum of losses, each times its batch's images
 * @param stepNanos time of all steps, data wait included
 * @param waitNanos the data wait in it
 */
record EpochSums(long steps, long images, double lossSum, long correct, long stepNanos, long waitNanos) {
    static final EpochSums NONE = new EpochSums(0, 0, 0, 0, 0, 0);

    /** And one more step. */
    EpochSums plus(StepResult result, int batchImages, long nanos, long wait) {
        return new EpochSums(
                steps + 1,
                images + batchImages,
                lossSum + result.loss() * batchImages,
                correct + result.correct(),
                stepNanos + nanos,
                waitNanos + wait);
    }

    double meanLoss() {
        return lossSum / images;
    }

    /** In percent. */
    double top1() {
        return 100.0 * correct / images;
    }

    double secondsPerStep() {
        return stepNanos / 1e9 / steps;
    }

    double waitSecondsPerStep() {
        return waitNanos / 1e9 / steps;
    }

    double imagesPerSecond() {
        return images / (stepNanos / 1e9);
    }

    void putInto(Map<String, String> state) {
        state.put("epoch_steps", Long.toString(steps));
        state.put("epoch_images", Long.toString(images));
        state.put("epoch_loss_sum", Double.toString(lossSum));
        state.put("epoch_correct", Long.toString(correct));
        state.put("epoch_step_nanos", Long.toString(stepNanos));
        state.put("epoch_wait_nanos", Long.toString(waitNanos));
    }

    static EpochSums of(SavedState state) {
        return new EpochSums(
                state.whole("epoch_steps"),
                state.whole("epoch_images"),
                state.decimal("epoch_loss_sum"),
                state.whole("epoch_correct"),
                state.whole("epoch_step_nanos"),
                state.whole("epoch_wait_nanos"));
    }
}
