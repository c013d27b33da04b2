package dev.kinglet.train.options;

import java.util.List;
import java.util.Set;

/**
 * The settings of a learner, besides its model.
 *
 * @param peakLearningRate highest learning rate of the schedule, which {@link ParameterRates#head} is relative to
 * @param classWeights weight of each class in the loss, which is a weighted mean; empty: all equal
 * @param seed of everything random inside the learner, such as dropout
 * @param threads compute threads
 * @param deterministic whether the runtime refuses operations that it has only in versions whose result may differ from
 *     call to call
 * @param precision of the forward and the backward pass
 * @param fixed names of tensors that stay as they are
 */
public record LearnerSettings(
        OptimizerSettings optimizer,
        double peakLearningRate,
        List<Double> classWeights,
        long seed,
        int threads,
        boolean deterministic,
        Precision precision,
        Set<String> fixed) {
    public LearnerSettings {
        classWeights = List.copyOf(classWeights);
        fixed = Set.copyOf(fixed);
        if (!classWeights.stream().allMatch(weight -> weight >= 0 && Double.isFinite(weight))) {
            throw new IllegalArgumentException("the weight of a class is 0 or more, not as one of " + classWeights);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("at least 1 thread is needed, not " + threads);
        }
    }

    /** With equal weights of all classes, in float32; all that can be trained is. */
    public LearnerSettings(OptimizerSettings optimizer, long seed, int threads) {
        this(optimizer, 1, List.of(), seed, threads, false, Precision.FLOAT32, Set.of());
    }

    /** The same in another number format. */
    public LearnerSettings withPrecision(Precision other) {
        return new LearnerSettings(
                optimizer, peakLearningRate, classWeights, seed, threads, deterministic, other, fixed);
    }

    /** The same with other weights of the classes. */
    public LearnerSettings withClassWeights(List<Double> weights) {
        return new LearnerSettings(
                optimizer, peakLearningRate, weights, seed, threads, deterministic, precision, fixed);
    }

    /** The same with tensors that stay as they are. */
    public LearnerSettings withFixed(Set<String> names) {
        return new LearnerSettings(
                optimizer, peakLearningRate, classWeights, seed, threads, deterministic, precision, names);
    }
}
