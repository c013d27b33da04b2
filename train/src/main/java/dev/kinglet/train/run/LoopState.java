package dev.kinglet.train.run;

import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.ConfusionMatrix;
import dev.kinglet.train.metrics.Evaluation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a run is, between two steps: what a checkpoint carries beside the learner's own state, so that the loop goes on
 * exactly there.
 *
 * @param epoch the running one; equal to the number of epochs once all are done
 * @param batch the next one of the epoch; equal to {@code stepsPerEpoch} if only its evaluation is left
 * @param stepsPerEpoch of this data and batch size; a resumed run must have the same
 * @param epochNanos time spent on the running epoch
 * @param elapsedNanos time spent on the run, its interruptions left out
 * @param plateau of the learning rate
 */
record LoopState(
        int epoch,
        int batch,
        int stepsPerEpoch,
        EpochSums sums,
        long epochNanos,
        long elapsedNanos,
        Optional<BestEpoch> best,
        Plateau plateau) {

    static LoopState start(int stepsPerEpoch) {
        return new LoopState(0, 0, stepsPerEpoch, EpochSums.NONE, 0, 0, Optional.empty(), Plateau.START);
    }

    /** Batches that were trained, which are the optimizer's steps where gradients are not accumulated. */
    long steps() {
        return (long) epoch * stepsPerEpoch + batch;
    }

    /** After one more step, with the next batch of the epoch to come. */
    LoopState afterStep(EpochSums more, int nextBatch) {
        return new LoopState(epoch, nextBatch, stepsPerEpoch, more, epochNanos, elapsedNanos, best, plateau);
    }

    /** The epoch is trained, however many batches there were. */
    LoopState trained() {
        return new LoopState(epoch, stepsPerEpoch, stepsPerEpoch, sums, epochNanos, elapsedNanos, best, plateau);
    }

    /** Some time later. */
    LoopState later(long nanos) {
        return new LoopState(
                epoch, batch, stepsPerEpoch, sums, epochNanos + nanos, elapsedNanos + nanos, best, plateau);
    }

    /** Without the best epoch so far, which was one of a network that is no more. */
    LoopState pruned() {
        return new LoopState(epoch, batch, stepsPerEpoch, sums, epochNanos, elapsedNanos, Optional.empty(), plateau);
    }

    /** At the beginning of the next epoch. */
    LoopState nextEpoch(BestEpoch bestSoFar, Plateau now) {
        return new LoopState(epoch + 1, 0, stepsPerEpoch, EpochSums.NONE, 0, elapsedNanos, Optional.of(bestSoFar), now);
    }

    Map<String, String> toMap() {
        Map<String, String> state = new LinkedHashMap<>();
        state.put("epoch", Integer.toString(epoch));
        state.put("batch", Integer.toString(batch));
        state.put("steps_per_epoch", Integer.toString(stepsPerEpoch));
        sums.putInto(state);
        state.put("epoch_nanos", Long.toString(epochNanos));
        state.put("elapsed_nanos", Long.toString(elapsedNanos));
        if (!plateau.equals(Plateau.START)) {
            plateau.putInto(state);
        }
        best.ifPresent(found -> {
            Evaluation evaluation = found.evaluation();
            state.put("best_epoch", Integer.toString(found.epoch()));
            state.put("best_top5", Double.toString(evaluation.top5()));
            state.put("best_loss", Double.toString(evaluation.loss()));
            state.put("best_skipped", Long.toString(evaluation.skipped()));
            state.put("best_images_per_second", Double.toString(evaluation.imagesPerSecond()));
            state.put("best_confusion", evaluation.confusion().encoded());
            found.scaling().ifPresent(scaling -> SavedScaling.put(scaling, state));
        });
        return state;
    }

    /**
     * The state in a checkpoint.
     *
     * @throws IllegalArgumentException if an entry is missing or is not what it should be; the message names it
     */
    static LoopState of(Map<String, String> map, List<String> labels) {
        SavedState state = new SavedState(map);
        Optional<BestEpoch> best = !map.containsKey("best_epoch")
                ? Optional.empty()
                : Optional.of(new BestEpoch(
                        Math.toIntExact(state.whole("best_epoch")),
                        new Evaluation(
                                state.decimal("best_top5"),
                                state.decimal("best_loss"),
                                state.whole("best_skipped"),
                                0, // the classes of a run are those of its data
                                state.decimal("best_images_per_second"),
                                ConfusionMatrix.decoded(labels, state.text("best_confusion"))),
                        SavedScaling.of(state)));
        return new LoopState(
                Math.toIntExact(state.whole("epoch")),
                Math.toIntExact(state.whole("batch")),
                Math.toIntExact(state.whole("steps_per_epoch")),
                EpochSums.of(state),
                state.whole("epoch_nanos"),
                state.whole("elapsed_nanos"),
                best,
                Plateau.of(state));
    }
}
