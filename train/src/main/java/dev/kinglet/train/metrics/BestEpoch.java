package dev.kinglet.train.metrics;

import dev.kinglet.train.calibration.TemperatureScaling;
import java.util.Optional;

/**
 * The epoch whose weights are a run's best, and their evaluation on the validation images.
 *
 * @param epoch from 0
 * @param scaling of its scores, fitted on these images; empty if none was to be fitted, or none could be
 */
public record BestEpoch(int epoch, Evaluation evaluation, Optional<TemperatureScaling> scaling) {
    /** Whether another evaluation is better: a higher top-1, or as high with a lower loss. */
    public boolean isBeatenBy(Evaluation other) {
        return other.top1() > evaluation.top1()
                || (other.top1() == evaluation.top1() && other.loss() < evaluation.loss());
    }
}
