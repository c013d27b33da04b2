package dev.kinglet.train.options;

import java.util.List;

/**
 * The settings of a learner, besides its model.
 *
 * @param classWeights weight of each class in the loss, which is a weighted mean; empty: all equal
 * @param labelSmoothing fraction of the target spread evenly over all classes (Szegedy et al., 2016, section 7)
 * @param groupLasso weight of the group lasso penalty (Huang et al., 2018, section 4.1, eq. 1) of layers that are still pruned
 * @param seed of everything random inside the learner, such as dropout
 * @param threads compute threads
 */
public record LearnerSettings(
        Sgd optimizer, List<Double> classWeights, double labelSmoothing, double groupLasso, long seed, int threads) {
    public LearnerSettings {
        classWeights = List.copyOf(classWeights);
        if (!classWeights.stream().allMatch(weight -> weight >= 0 && Double.isFinite(weight))) {
            throw new IllegalArgumentException("the weight of a class is 0 or more, not as one of " + classWeights);
        }
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("label smoothing lies in [0, 1), not at " + labelSmoothing);
        }
        if (!(groupLasso >= 0 && Double.isFinite(groupLasso))) {
            throw new IllegalArgumentException("the weight of the group lasso is 0 or more, not " + groupLasso);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("at least 1 thread is needed, not " + threads);
        }
    }

    /** With equal weights of all classes. */
    public LearnerSettings(Sgd optimizer, double labelSmoothing, double groupLasso, long seed, int threads) {
        this(optimizer, List.of(), labelSmoothing, groupLasso, seed, threads);
    }

    /** The same with other weights of the classes. */
    public LearnerSettings withClassWeights(List<Double> weights) {
        return new LearnerSettings(optimizer, weights, labelSmoothing, groupLasso, seed, threads);
    }
}
