package dev.kinglet.train;

import dev.kinglet.train.metrics.BestEpoch;
import dev.kinglet.train.metrics.EpochResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The end of a call of the loop.
 *
 * @param run the run's folder
 * @param epochs done in full
 * @param best the epoch whose weights are the run's best; empty if none is done
 * @param bestResult the row of that epoch, which tells the figures of the raw weights from those of their average
 * @param time spent on the run so far, its interruptions left out
 */
public record TrainingResult(
        Path run,
        Outcome outcome,
        int epochs,
        Optional<BestEpoch> best,
        Optional<EpochResult> bestResult,
        Duration time) {
    /** Reason of the end. */
    public enum Outcome {
        /** All epochs are done. */
        FINISHED,
        /** All epochs of a resumed run had been done before, so nothing was trained. */
        ALREADY_FINISHED,
        /** It was asked to stop; a checkpoint has been written. */
        INTERRUPTED
    }
}
