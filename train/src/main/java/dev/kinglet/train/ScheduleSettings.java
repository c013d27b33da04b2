package dev.kinglet.train;

import java.util.Locale;

/**
 * A learning-rate schedule in epochs, before it is known how many steps an epoch has.
 *
 * @param peak learning rate after the warm-up
 * @param warmUpEpochs epochs of linear warm-up; a fraction is fine
 * @param minimum where {@link Form#COSINE} ends
 * @param decayEpochs how often {@link Form#STEP} decays
 * @param decayRate what {@link Form#STEP} multiplies by
 */
public record ScheduleSettings(
        Form form, double peak, double warmUpEpochs, double minimum, double decayEpochs, double decayRate) {
    /** How the learning rate falls. */
    public enum Form {
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
        long warmUpSteps = Math.round(warmUpEpochs * stepsPerEpoch);
        return switch (form) {
            case COSINE -> new Schedule.Cosine(peak, minimum, warmUpSteps, (long) epochs * stepsPerEpoch);
            case STEP -> new Schedule.StepDecay(peak, decayRate, Math.round(decayEpochs * stepsPerEpoch), warmUpSteps);
            case CONSTANT -> new Schedule.Constant(peak, warmUpSteps);
        };
    }
}
