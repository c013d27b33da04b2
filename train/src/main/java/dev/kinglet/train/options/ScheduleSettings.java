package dev.kinglet.train.options;

import dev.kinglet.base.Plural;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Length of a run and its learning rates in epochs, before it is known how many steps an epoch has.
 *
 * @param epochs passes over the training images, without those of the cooldown
 * @param batchSize images per batch
 * @param accumulation batches per step, whose gradients are averaged
 * @param peak learning rate after the warm-up; empty: {@link TrainConfig#learningRate} chooses it
 * @param cooldown epochs after the others at the learning rate that the schedule ends with
 * @param onUpdates whether the learning rate changes from step to step, or from epoch to epoch
 */
public record ScheduleSettings(
        int epochs,
        int batchSize,
        int accumulation,
        OptionalDouble peak,
        WarmUp warmUp,
        Decay decay,
        int cooldown,
        boolean onUpdates) {
    private static final int MAX_EPOCHS = 1_000_000;
    private static final int STEPS_TO_CHECK_WITH = 1_000_000;
    private static final double ONE_CYCLE_RISE = 0.3; // fraction of the steps, PyTorch's
    private static final double ONE_CYCLE_INITIAL = 25; // the peak is so many times as high
    private static final double ONE_CYCLE_LAST = 1e4; // the initial one is so many times as high

    /** How the learning rate falls. */
    public enum Kind {
        COSINE,
        STEP,
        MULTISTEP,
        POLY,
        PLATEAU,
        ONECYCLE,
        CONSTANT;

        /** The name in files and options: {@code cosine}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The linear warm-up.
     *
     * @param given epochs; a fraction is fine; empty: see {@link #warmUpEpochs}
     * @param rate learning rate of the first step; empty: that of equal steps from 0
     */
    public record WarmUp(OptionalDouble given, OptionalDouble rate) {
        /** One epoch, at most half of the run, from 0. */
        public static final WarmUp DEFAULT = new WarmUp(OptionalDouble.empty(), OptionalDouble.empty());

        public WarmUp {
            given.ifPresent(epochs -> requireFinite(TrainOption.WARMUP_EPOCHS, epochs));
            rate.ifPresent(value -> requireFinite(TrainOption.WARMUP_LR, value));
        }

        /** As many epochs from 0. */
        public static WarmUp of(double epochs) {
            return new WarmUp(OptionalDouble.of(epochs), OptionalDouble.empty());
        }
    }

    /**
     * The decay.
     *
     * @param minimum learning rate that it does not go below
     * @param epochs between two decays of {@link Kind#STEP}
     * @param milestones epochs at which {@link Kind#MULTISTEP} decays
     * @param rate factor of each decay of {@link Kind#STEP}, {@link Kind#MULTISTEP} and {@link Kind#PLATEAU}, or the power of
     *     {@link Kind#POLY}; empty: 0.1, or a power of 1
     * @param patience epochs without improvement that {@link Kind#PLATEAU} waits for
     */
    public record Decay(
            Kind kind, double minimum, double epochs, List<Double> milestones, OptionalDouble rate, int patience) {
        /** Half a cosine to 0. */
        public static final Decay COSINE = of(Kind.COSINE);

        public Decay {
            milestones = List.copyOf(milestones);
            if (!(epochs > 0 && Double.isFinite(epochs))) {
                throw new IllegalArgumentException("decay_epochs is above 0, not " + epochs);
            }
            milestones.forEach(epoch -> requireFinite(TrainOption.DECAY_MILESTONES, epoch));
            if (!milestones.equals(milestones.stream().sorted().distinct().toList())) {
                throw new IllegalArgumentException(
                        "decay_milestones are epochs in order, as in 30,60,90, not " + milestones);
            }
            if (kind == Kind.MULTISTEP && milestones.isEmpty()) {
                throw new IllegalArgumentException(
                        "decay_milestones is missing: the epochs at which multistep decays, as in 30,60,90");
            }
            OptionReader.requireAtLeast(0, patience, TrainOption.PATIENCE_EPOCHS);
        }

        /** A decay of this kind with all else by default. */
        public static Decay of(Kind kind) {
            return new Decay(kind, 0, 30, List.of(30.0, 60.0, 90.0), OptionalDouble.empty(), 10);
        }

        /** Factor of each decay, or the power of {@link Kind#POLY}. */
        public double rateOrDefault() {
            return rate.orElse(kind == Kind.POLY ? 1 : 0.1);
        }

        public Decay withMinimum(double learningRate) {
            return new Decay(kind, learningRate, epochs, milestones, rate, patience);
        }

        public Decay withEpochs(double between) {
            return new Decay(kind, minimum, between, milestones, rate, patience);
        }

        public Decay withRate(double factor) {
            return new Decay(kind, minimum, epochs, milestones, OptionalDouble.of(factor), patience);
        }

        public Decay withMilestones(List<Double> at) {
            return new Decay(kind, minimum, epochs, at, rate, patience);
        }

        public Decay withPatience(int waited) {
            return new Decay(kind, minimum, epochs, milestones, rate, waited);
        }
    }

    public ScheduleSettings {
        OptionReader.requireAtLeast(1, epochs, TrainOption.EPOCHS);
        OptionReader.requireAtMost(MAX_EPOCHS, epochs, TrainOption.EPOCHS);
        OptionReader.requireAtMost(MAX_EPOCHS, cooldown, TrainOption.COOLDOWN_EPOCHS);
        OptionReader.requireAtLeast(1, batchSize, TrainOption.BATCH_SIZE);
        OptionReader.requireAtLeast(1, accumulation, TrainOption.GRAD_ACCUM_STEPS);
        OptionReader.requireAtLeast(0, cooldown, TrainOption.COOLDOWN_EPOCHS);
        if (warmUpEpochs(warmUp, epochs) >= epochs) {
            throw new IllegalArgumentException("warmup_epochs is " + warmUpEpochs(warmUp, epochs)
                    + ", but the run has only " + Plural.of(epochs, "epoch")
                    + "; warm up for fewer, or train for more");
        }
        if (peak.isPresent()) {
            over(epochs, warmUp, decay, onUpdates, STEPS_TO_CHECK_WITH, peak.getAsDouble());
        }
    }

    /** So many epochs with a batch of this size per step, everything else by its default value. */
    public static ScheduleSettings of(int epochs, int batchSize) {
        return new ScheduleSettings(
                epochs, batchSize, 1, OptionalDouble.empty(), WarmUp.DEFAULT, Decay.COSINE, 0, true);
    }

    private static void requireFinite(TrainOption option, double value) {
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new IllegalArgumentException(option.key() + " is 0 or more, not " + value);
        }
    }

    static ScheduleSettings read(OptionReader options) {
        return new ScheduleSettings(
                options.integer(TrainOption.EPOCHS),
                options.integer(TrainOption.BATCH_SIZE),
                options.integer(TrainOption.GRAD_ACCUM_STEPS),
                options.optionalDecimal(TrainOption.LR),
                new WarmUp(
                        options.given(TrainOption.WARMUP_EPOCHS)
                                ? options.optionalDecimal(TrainOption.WARMUP_EPOCHS)
                                : OptionalDouble.empty(),
                        options.optionalDecimal(TrainOption.WARMUP_LR)),
                new Decay(
                        options.constant(Kind.class, TrainOption.SCHED),
                        options.decimal(TrainOption.MIN_LR),
                        options.decimal(TrainOption.DECAY_EPOCHS),
                        options.decimals(TrainOption.DECAY_MILESTONES),
                        options.optionalDecimal(TrainOption.DECAY_RATE),
                        options.integer(TrainOption.PATIENCE_EPOCHS)),
                options.integer(TrainOption.COOLDOWN_EPOCHS),
                options.truth(TrainOption.SCHED_ON_UPDATES));
    }

    public ScheduleSettings withEpochs(int passes) {
        return new ScheduleSettings(passes, batchSize, accumulation, peak, warmUp, decay, cooldown, onUpdates);
    }

    public ScheduleSettings withBatchSize(int images) {
        return new ScheduleSettings(epochs, images, accumulation, peak, warmUp, decay, cooldown, onUpdates);
    }

    /** With the gradients of so many batches averaged in each step. */
    public ScheduleSettings withAccumulation(int batches) {
        return new ScheduleSettings(epochs, batchSize, batches, peak, warmUp, decay, cooldown, onUpdates);
    }

    /** With another learning rate after the warm-up. */
    public ScheduleSettings withPeak(double learningRate) {
        return new ScheduleSettings(
                epochs, batchSize, accumulation, OptionalDouble.of(learningRate), warmUp, decay, cooldown, onUpdates);
    }

    public ScheduleSettings withWarmUp(double warmUpEpochs) {
        return withWarmUp(new WarmUp(OptionalDouble.of(warmUpEpochs), warmUp.rate));
    }

    public ScheduleSettings withWarmUp(WarmUp other) {
        return new ScheduleSettings(epochs, batchSize, accumulation, peak, other, decay, cooldown, onUpdates);
    }

    public ScheduleSettings withDecay(Decay other) {
        return new ScheduleSettings(epochs, batchSize, accumulation, peak, warmUp, other, cooldown, onUpdates);
    }

    public ScheduleSettings withCooldown(int more) {
        return new ScheduleSettings(epochs, batchSize, accumulation, peak, warmUp, decay, more, onUpdates);
    }

    /** With a learning rate for each step, or else for each epoch. */
    public ScheduleSettings withOnUpdates(boolean perStep) {
        return new ScheduleSettings(epochs, batchSize, accumulation, peak, warmUp, decay, cooldown, perStep);
    }

    /** All passes over the training images: those of the schedule and of the cooldown. */
    public int allEpochs() {
        return epochs + cooldown;
    }

    /** Steps that so many batches make: the last one of an epoch may have fewer than the others. */
    public int steps(int batches) {
        return (batches + accumulation - 1) / accumulation;
    }

    /** Epochs of linear warm-up: as given, or else one, and at most half of the run. */
    public double warmUpEpochs() {
        return warmUpEpochs(warmUp, epochs);
    }

    private static double warmUpEpochs(WarmUp warmUp, int epochs) {
        return warmUp.given.orElse(Math.min(1, epochs / 2.0));
    }

    /**
     * The learning rate of each step of a run.
     *
     * @param stepsPerEpoch optimizer steps of an epoch
     * @param learningRate the peak
     */
    public Schedule over(int stepsPerEpoch, double learningRate) {
        return over(epochs, warmUp, decay, onUpdates, stepsPerEpoch, learningRate);
    }

    private static Schedule over(
            int epochs, WarmUp warmUp, Decay decay, boolean onUpdates, int stepsPerEpoch, double learningRate) {
        long steps = (long) epochs * stepsPerEpoch;
        double warmUpEpochs = decay.kind == Kind.ONECYCLE
                ? warmUp.given.orElse(ONE_CYCLE_RISE * epochs)
                : warmUpEpochs(warmUp, epochs);
        double initial = warmUp.rate.orElse(learningRate / ONE_CYCLE_INITIAL);
        Schedule.Decay form = switch (decay.kind) {
            case COSINE -> new Schedule.Decay.Cosine();
            case STEP ->
                new Schedule.Decay.Step(decay.rateOrDefault(), Math.max(1, Math.round(decay.epochs * stepsPerEpoch)));
            case MULTISTEP ->
                new Schedule.Decay.MultiStep(
                        decay.rateOrDefault(),
                        decay.milestones.stream()
                                .map(epoch -> Math.round(epoch * stepsPerEpoch))
                                .toList());
            case POLY -> new Schedule.Decay.Polynomial(decay.rateOrDefault());
            case PLATEAU -> new Schedule.Decay.Plateau();
            case ONECYCLE ->
                new Schedule.Decay.OneCycle(initial, decay.minimum > 0 ? decay.minimum : initial / ONE_CYCLE_LAST);
            case CONSTANT -> new Schedule.Decay.Constant();
        };
        return new Schedule(
                form,
                learningRate,
                decay.minimum,
                Math.min(steps - 1, Math.round(warmUpEpochs * stepsPerEpoch)),
                warmUp.rate,
                steps,
                onUpdates ? 1 : stepsPerEpoch);
    }
}
