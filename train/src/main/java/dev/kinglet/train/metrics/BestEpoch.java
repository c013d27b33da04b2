package dev.kinglet.train.metrics;

/**
 * The epoch whose weights are a run's best, and their evaluation on the validation images.
 *
 * @param epoch from 0
 */
public record BestEpoch(int epoch, Evaluation evaluation) {
    /** Whether another evaluation is better: a higher top-1, or as high with a lower loss. */
    public boolean isBeatenBy(Evaluation other) {
        return other.top1() > evaluation.top1()
                || (other.top1() == evaluation.top1() && other.loss() < evaluation.loss());
    }
}
