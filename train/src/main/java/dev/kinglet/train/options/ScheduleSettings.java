package dev.kinglet.train.options;

import dev.kinglet.base.Plural;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Length of a run and its learning rates in epochs, before it is known how many steps an epoch has.
 *
 * @param epochs passes over the training images
 * @param batchSize images per step
 * @param peak learning rate after the warm-up
 * @param warmUpGiven epochs of linear warm-up; a fraction is fine; empty: see {@link #warmUpEpochs}
 * @param minimum learning rate at which {@link Kind#COSINE} ends
 * @param decayEpochs epochs between two decays of {@link Kind#STEP}
 * @param decayRate factor of each decay of {@link Kind#STEP}
 */
public record ScheduleSettings(
        int epochs,
        int batchSize,
        Kind kind,
        double peak,
        OptionalDouble warmUpGiven,
        double minimum,
        double decayEpochs,
        double decayRate) {
    private static final int STEPS_TO_CHECK_WITH = 1_000_000;

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
        OptionReader.requireAtLeast(1, epochs, TrainOption.EPOCHS);
        OptionReader.requireAtLeast(1, batchSize, TrainOption.BATCH_SIZE);
        double warmUp = warmUpEpochs(warmUpGiven, epochs);
        if (!(warmUp >= 0 && Double.isFinite(warmUp))) {
            throw new IllegalArgumentException("warmup_epochs is 0 or more, not " + warmUp);
        }
        if (warmUp >= epochs) {
            throw new IllegalArgumentException("warmup_epochs is " + warmUp + ", but the run has only "
                    + Plural.of(epochs, "epoch") + "; warm up for fewer, or train for more");
        }
        if (!(decayEpochs > 0 && Double.isFinite(decayEpochs))) {
            throw new IllegalArgumentException("decay_epochs is above 0, not " + decayEpochs);
        }
        over(kind, epochs, STEPS_TO_CHECK_WITH, peak, warmUp, minimum, decayEpochs, decayRate);
    }

    static ScheduleSettings read(OptionReader options) {
        return new ScheduleSettings(
                options.integer(TrainOption.EPOCHS),
                options.integer(TrainOption.BATCH_SIZE),
                options.constant(Kind.class, TrainOption.SCHED),
                options.decimal(TrainOption.LR),
                options.given(TrainOption.WARMUP_EPOCHS)
                        ? OptionalDouble.of(options.decimal(TrainOption.WARMUP_EPOCHS))
                        : OptionalDouble.empty(),
                options.decimal(TrainOption.MIN_LR),
                options.decimal(TrainOption.DECAY_EPOCHS),
                options.decimal(TrainOption.DECAY_RATE));
    }

    public ScheduleSettings withEpochs(int passes) {
        return new ScheduleSettings(passes, batchSize, kind, peak, warmUpGiven, minimum, decayEpochs, decayRate);
    }

    public ScheduleSettings withBatchSize(int images) {
        return new ScheduleSettings(epochs, images, kind, peak, warmUpGiven, minimum, decayEpochs, decayRate);
    }

    public ScheduleSettings withKind(Kind other) {
        return new ScheduleSettings(epochs, batchSize, other, peak, warmUpGiven, minimum, decayEpochs, decayRate);
    }

    /** With another learning rate after the warm-up. */
    public ScheduleSettings withPeak(double learningRate) {
        return new ScheduleSettings(
                epochs, batchSize, kind, learningRate, warmUpGiven, minimum, decayEpochs, decayRate);
    }

    public ScheduleSettings withWarmUp(double warmUpEpochs) {
        return new ScheduleSettings(
                epochs, batchSize, kind, peak, OptionalDouble.of(warmUpEpochs), minimum, decayEpochs, decayRate);
    }

    /** Epochs of linear warm-up: as given, or else one, and at most half of the run. */
    public double warmUpEpochs() {
        return warmUpEpochs(warmUpGiven, epochs);
    }

    private static double warmUpEpochs(OptionalDouble given, int epochs) {
        return given.orElse(Math.min(1, epochs / 2.0));
    }

    /** The learning rate of each step of a run. */
    public Schedule over(int stepsPerEpoch) {
        return over(kind, epochs, stepsPerEpoch, peak, warmUpEpochs(), minimum, decayEpochs, decayRate);
    }

    private static Schedule over(
            Kind kind,
            int epochs,
            int stepsPerEpoch,
            double peak,
            double warmUpEpochs,
            double minimum,
            double decayEpochs,
            double decayRate) {
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
