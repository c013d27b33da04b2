package dev.kinglet.train.run;

import dev.kinglet.train.metrics.EpochResult;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * The end of the axis of losses. A validation loss of the first epochs can be hundreds of times the others, while the
 * statistics of batch normalization are young, and would flatten the curves to a line.
 */
final class LossAxis {
    private static final double ROOM = 1.5; // above the losses that are to be seen

    private static final double TRAINING_ROOM =
            4; // above the training losses, where most validation losses are far away

    private static final int MIN_EPOCHS = 3; // of fewer, every point is shown

    private LossAxis() {}

    /**
     * Where the axis ends before the highest loss: above all training losses and half of the validation losses, but not so
     * far above that training becomes a line at 0.
     */
    static OptionalDouble limit(List<EpochResult> epochs) {
        double[] validation = finite(epochs.stream().mapToDouble(EpochResult::valLoss))
                .sorted()
                .toArray();
        double[] training = finite(epochs.stream().mapToDouble(EpochResult::trainLoss))
                .sorted()
                .toArray();
        if (validation.length < MIN_EPOCHS || training.length < MIN_EPOCHS) {
            return OptionalDouble.empty();
        }
        double median = validation[(validation.length - 1) / 2];
        double highestTraining = training[training.length - 1];
        double limit = Math.min(
                ROOM * Math.max(highestTraining, median),
                Math.max(TRAINING_ROOM * highestTraining, ROOM * validation[0]));
        return limit < highest(epochs) ? OptionalDouble.of(limit) : OptionalDouble.empty();
    }

    /** The highest finite loss. */
    static double highest(List<EpochResult> epochs) {
        return finite(epochs.stream().flatMapToDouble(epoch -> DoubleStream.of(epoch.trainLoss(), epoch.valLoss())))
                .max()
                .orElse(Double.NaN);
    }

    private static DoubleStream finite(DoubleStream values) {
        return values.filter(Double::isFinite);
    }
}
