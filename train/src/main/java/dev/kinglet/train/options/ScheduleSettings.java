package dev.kinglet.train.options;

import java.util.Locale;

/**
 * A learning-rate schedule in epochs, before it is known how many steps an epoch has.
 *
 * @param peak learning rate after the warm-up
 * @param warmUpEpochs epochs of linear warm-up; a fraction is fine
 * @param minimum where {@link Kind#COSINE} ends
 * @param decayEpochs how often {@link Kind#STEP} decays
 * @param decayRate what {@link Kind#STEP} multiplies by
 */
public record ScheduleSettings(
        Kind kind, double peak, double warmUpEpochs, double minimum, double decayEpochs, double decayRate) {
    /** How the learning rate falls. */
    public enum Kind {
        COSINE,
        STEP,
        CONSTANT;

        /** The name in files and options: {@code cosine}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public ScheduleSettings {
        if (!(warmUpEpochs >= 0 && Double.isFinite(warmUpEpochs))) {
            throw new IllegalArgumentException("warmup_epochs is 0 or more, not " + warmUpEpochs);
        }
        if (!(decayEpochs > 0 && Double.isFinite(decayEpochs))) {
            throw new IllegalArgumentException("decay_epochs is above 0, not " + decayEpochs);
        }
    }

    /**
     * The learning rate of each step of a run.
     *
     * @throws IllegalArgumentException if a value is none such a schedule can have
     */
    public Schedule over(int epochs, int stepsPerEpoch) {
        if (warmUpEpochs >= epochs) {
            throw new IllegalArgumentException("warmup_epochs is " + warmUpEpochs + ", but the run has only " + epochs
                    + " epochs; warm up for fewer, or train for more");
        }
        long steps = (long) epochs * stepsPerEpoch;
        long warmUpSteps = Math.min(steps - 1, Math.round(warmUpEpochs * stepsPerEpoch));
        long decaySteps = Math.max(1, Math.round(decayEpochs * stepsPerEpoch));
        return switch (kind) {
            case COSINE -> new Schedule.Cosine(peak, minimum, warmUpSteps, steps);
            case STEP -> new Schedule.StepDecay(peak, decayRate, decaySteps, warmUpSteps);
            case CONSTANT -> new Schedule.Constant(peak, warmUpSteps);
        };
    }
}
