package dev.kinglet.train.options;

import dev.kinglet.base.Figures;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The learning rate of every optimizer step of a run, from step 0: a linear warm-up, then a decay.
 *
 * @param peak highest learning rate, from which the decay begins
 * @param minimum learning rate that the decay does not go below
 * @param warmUpSteps steps of linear warm-up
 * @param warmUpRate learning rate of step 0; empty: that of equal steps from 0, {@code peak / warmUpSteps} at step 0 (Goyal
 *     et al., 2017, section 2.2)
 * @param totalSteps of the schedule, warm-up included; steps after them have the learning rate at its end
 * @param interval steps with the same learning rate: 1, or those of an epoch
 */
public record Schedule(
        Decay decay,
        double peak,
        double minimum,
        long warmUpSteps,
        OptionalDouble warmUpRate,
        long totalSteps,
        long interval) {

    /** The form of the decay. Steps are counted from the first of the run, warm-up included, as the papers count epochs. */
    public sealed interface Decay {
        /**
         * The learning rate of a step.
         *
         * @param reduction product of the factors by which a plateau has been reduced so far
         */
        double learningRate(Schedule schedule, long step, double reduction);

        /** Whether the warm-up comes before it; else it has a rise of its own. */
        default boolean warmsUp() {
            return true;
        }

        /**
         * Half a cosine from the peak, when the warm-up ends, to the minimum, which the step after the last would have
         * (Loshchilov and Hutter, 2017, eq. 5, without restarts).
         */
        record Cosine() implements Decay {
            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                return schedule.minimum
                        + (schedule.peak - schedule.minimum) * (1 + Math.cos(Math.PI * schedule.done(step))) / 2;
            }
        }

        /** A power of the fraction of steps left after the warm-up, from the peak to the minimum. */
        record Polynomial(double power) implements Decay {
            public Polynomial {
                if (!(power > 0 && Double.isFinite(power))) {
                    throw new IllegalArgumentException("the power of a polynomial decay is above 0, not " + power);
                }
            }

            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                return schedule.minimum + (schedule.peak - schedule.minimum) * Math.pow(1 - schedule.done(step), power);
            }
        }

        /** Multiplication by {@code factor} after every {@code everySteps} steps. */
        record Step(double factor, long everySteps) implements Decay {
            public Step {
                requireFactor(factor);
                if (everySteps < 1) {
                    throw new IllegalArgumentException(
                            "the learning rate decays every so many steps, not " + everySteps);
                }
            }

            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                long times = step / everySteps;
                return schedule.reduced(Math.pow(factor, (double) times));
            }
        }

        /** Multiplication by {@code factor} at each of these steps. */
        record MultiStep(double factor, List<Long> milestones) implements Decay {
            public MultiStep {
                requireFactor(factor);
                milestones = List.copyOf(milestones);
            }

            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                long passed = milestones.stream()
                        .filter(milestone -> step >= milestone)
                        .count();
                return schedule.reduced(Math.pow(factor, (double) passed));
            }
        }

        /**
         * Half a cosine up to the peak and half a cosine down (Smith and Topin, 2018), as
         * {@code torch.optim.lr_scheduler.OneCycleLR}; its first part takes the place of the warm-up. The peak is the last of
         * its steps.
         *
         * @param initial learning rate of step 0
         * @param last learning rate of the last step
         */
        record OneCycle(double initial, double last) implements Decay {
            @Override
            public boolean warmsUp() {
                return false;
            }

            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                double top = Math.max(1, schedule.warmUpSteps) - 1;
                double end = schedule.totalSteps - 1.0;
                double now = Math.min((double) step, end);
                return now <= top && top > 0
                        ? cosine(initial, schedule.peak, now / top)
                        : cosine(schedule.peak, last, end > top ? (now - top) / (end - top) : 1);
            }

            private static double cosine(double from, double to, double done) {
                return to + (from - to) / 2 * (1 + Math.cos(Math.PI * done));
            }
        }

        /** No decay. */
        record Constant() implements Decay {
            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                return schedule.peak;
            }
        }

        /** Multiplication by a factor whenever validation has not improved for some epochs. */
        record Plateau() implements Decay {
            @Override
            public double learningRate(Schedule schedule, long step, double reduction) {
                return schedule.reduced(reduction);
            }
        }

        private static void requireFactor(double factor) {
            if (!(factor > 0 && factor <= 1)) {
                throw new IllegalArgumentException("a decay factor lies in (0, 1], not at " + factor);
            }
        }
    }

    public Schedule {
        if (!(peak > 0 && Double.isFinite(peak))) {
            throw new IllegalArgumentException("lr is above 0, not " + Figures.decimal(peak));
        }
        if (!(minimum >= 0 && minimum <= peak)) {
            throw new IllegalArgumentException("min_lr lies between 0 and the peak of " + Figures.decimal(peak)
                    + ", not at " + Figures.decimal(minimum));
        }
        if (warmUpRate.isPresent() && !(warmUpRate.getAsDouble() >= 0 && warmUpRate.getAsDouble() <= peak)) {
            throw new IllegalArgumentException("warmup_lr lies between 0 and the peak of " + Figures.decimal(peak)
                    + ", not at " + Figures.decimal(warmUpRate.getAsDouble()));
        }
        if (warmUpSteps < 0 || warmUpSteps >= totalSteps) {
            throw new IllegalArgumentException("the warm-up ends before training does, but has " + warmUpSteps
                    + " steps of " + totalSteps + "; warm up for fewer epochs, or train for more");
        }
        if (interval < 1) {
            throw new IllegalArgumentException("a learning rate holds for 1 step at least, not " + interval);
        }
    }

    /** With a learning rate for each step, and a warm-up from 0. */
    public Schedule(Decay decay, double peak, double minimum, long warmUpSteps, long totalSteps) {
        this(decay, peak, minimum, warmUpSteps, OptionalDouble.empty(), totalSteps, 1);
    }

    /**
     * The learning rate of a step, of a schedule that no evaluation has reduced.
     *
     * @throws IllegalArgumentException if the step is negative
     */
    public double learningRate(long step) {
        return learningRate(step, 1);
    }

    /**
     * The learning rate of a step.
     *
     * @param reduction product of the factors by which {@link Decay.Plateau} has been reduced so far
     * @throws IllegalArgumentException if the step is negative
     */
    public double learningRate(long step, double reduction) {
        if (step < 0) {
            throw new IllegalArgumentException("steps are counted from 0, not from " + step);
        }
        long at = step / interval * interval;
        if (at >= warmUpSteps || !decay.warmsUp()) {
            return decay.learningRate(this, at, reduction);
        }
        return warmUpRate.isPresent()
                ? warmUpRate.getAsDouble() + (peak - warmUpRate.getAsDouble()) * at / warmUpSteps
                : peak * (at + interval) / warmUpSteps;
    }

    /** The fraction of the steps after the warm-up that is done before a step; at most 1. */
    private double done(long step) {
        return (double) (Math.min(step, totalSteps) - warmUpSteps) / (totalSteps - warmUpSteps);
    }

    private double reduced(double factor) {
        return Math.max(minimum, peak * factor);
    }
}
