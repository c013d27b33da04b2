package dev.kinglet.train;

/**
 * What a {@link Learner} is made with, besides its model.
 *
 * @param labelSmoothing share of the target spread evenly over all classes (Szegedy et al., 2016, section 7)
 * @param seed of everything random inside the learner, such as dropout
 * @param threads for the arithmetic
 */
public record LearnerSettings(Sgd optimizer, double labelSmoothing, long seed, int threads) {
    public LearnerSettings {
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("label smoothing lies in [0, 1), not at " + labelSmoothing);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("at least 1 thread is needed, not " + threads);
        }
    }
}
