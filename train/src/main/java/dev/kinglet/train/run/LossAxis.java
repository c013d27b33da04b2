package dev.kinglet.train.run;

import dev.kinglet.train.metrics.EpochResult;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * The end of the axis of losses. A validation loss of the first epochs can be hundreds of times the others, while the
 * statistics of batch normalization are young, and would flatten the curves to a line. Wherever the axis ends, the lowest
 * and the last value of each curve lie below it, so that no curve is missing.
 */
final class LossAxis {
    private static final double ROOM = 1.5; // above the losses that are to be seen

    private static final double TRAINING_ROOM =
            4; // above the training losses, where most validation losses are far away

    private static final double MARGIN = 1.05; // above the last values

    private static final double WORTH_CUTTING = 1.2; // the highest value in ends of the axis

    private static final int MIN_EPOCHS = 3; // of fewer, every point is shown

    private LossAxis() {}

    /**
     * Where the axis of one run's curves ends before their highest value: above all training losses and half of the
     * validation losses, but not so far above that training becomes a line at 0.
     */
    static OptionalDouble limit(List<EpochResult> epochs) {
        return limit(
                epochs,
                EpochResult::valLoss,
                Stream.<ToDoubleFunction<EpochResult>>of(
                                EpochResult::trainLoss, EpochResult::valLoss, LossAxis::averageLoss)
                        .map(loss -> curve(epochs, loss))
                        .toList());
    }

    /** The same of the validation curves of several runs, which {@link EpochResult#chosenLoss} gives. */
    static OptionalDouble limit(Collection<List<EpochResult>> runs) {
        return limit(
                runs.stream().flatMap(List::stream).toList(),
                EpochResult::chosenLoss,
                runs.stream().map(run -> curve(run, EpochResult::chosenLoss)).toList());
    }

    private static OptionalDouble limit(
            List<EpochResult> epochs, ToDoubleFunction<EpochResult> validationLoss, List<double[]> curves) {
        double[] validation =
                finite(epochs.stream().mapToDouble(validationLoss)).sorted().toArray();
        double[] training = finite(epochs.stream().mapToDouble(EpochResult::trainLoss))
                .sorted()
                .toArray();
        if (validation.length < MIN_EPOCHS || training.length < MIN_EPOCHS) {
            return OptionalDouble.empty();
        }
        double median = validation[(validation.length - 1) / 2];
        double highestTraining = training[training.length - 1];
        double usual = Math.min(
                ROOM * Math.max(highestTraining, median),
                Math.max(TRAINING_ROOM * highestTraining, ROOM * validation[0]));
        double limit = Math.max(usual, MARGIN * highestLast(curves));
        double highest = curves.stream().flatMapToDouble(DoubleStream::of).max().orElse(Double.NaN);
        return limit * WORTH_CUTTING < highest ? OptionalDouble.of(limit) : OptionalDouble.empty();
    }

    /** The highest of the curves' last values, below which their lowest lie too; 0 if no curve has a value. */
    private static double highestLast(List<double[]> curves) {
        return curves.stream()
                .filter(curve -> curve.length > 0)
                .mapToDouble(curve -> curve[curve.length - 1])
                .max()
                .orElse(0);
    }

    /** The highest finite loss of the curves of one run. */
    static double highest(List<EpochResult> epochs) {
        return finite(epochs.stream()
                        .flatMapToDouble(
                                epoch -> DoubleStream.of(epoch.trainLoss(), epoch.valLoss(), averageLoss(epoch))))
                .max()
                .orElse(Double.NaN);
    }

    /** The highest finite loss of the validation curves of several runs. */
    static double highest(Collection<List<EpochResult>> runs) {
        return finite(runs.stream().flatMap(List::stream).mapToDouble(EpochResult::chosenLoss))
                .max()
                .orElse(Double.NaN);
    }

    private static double averageLoss(EpochResult epoch) {
        return epoch.ema().map(EpochResult.Ema::valLoss).orElse(Double.NaN);
    }

    private static double[] curve(List<EpochResult> epochs, ToDoubleFunction<EpochResult> loss) {
        return finite(epochs.stream().mapToDouble(loss)).toArray();
    }

    private static DoubleStream finite(DoubleStream values) {
        return values.filter(Double::isFinite);
    }
}
