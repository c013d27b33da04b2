package dev.kinglet.train;

import dev.kinglet.train.metrics.Evaluation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a call of the loop ended.
 *
 * @param run the run's folder
 * @param epochs done in full
 * @param best the epoch whose weights are the run's best; empty if none is done
 * @param time spent on the run so far, its interruptions left out
 */
public record TrainingResult(Path run, Outcome outcome, int epochs, Optional<Best> best, Duration time) {
    /** Why the loop ended. */
    public enum Outcome {
        /** All epochs are done. */
        FINISHED,
        /** It was asked to stop; a checkpoint has been written. */
        INTERRUPTED
    }

    /**
     * An epoch and what its weights came to on the validation images.
     *
     * @param epoch from 0
     */
    public record Best(int epoch, Evaluation evaluation) {
        /** Whether another evaluation is better: a higher top-1, or as high with a lower loss. */
        boolean isBeatenBy(Evaluation other) {
            return other.top1() > evaluation.top1()
                    || (other.top1() == evaluation.top1() && other.loss() < evaluation.loss());
        }
    }
}
