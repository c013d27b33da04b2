package dev.kinglet.train.options;

/** The learning rate of every optimizer step of a run, from step 0. A linear warm-up may come first. */
public sealed interface Schedule {
    /**
     * The learning rate of a step.
     *
     * @throws IllegalArgumentException if the step is negative
     */
    double learningRate(long step);

    /**
     * Half a cosine from the peak, when the warm-up ends, to the minimum, which the step after the last would have
     * (Loshchilov and Hutter, 2017, eq. 5, without restarts; per step, not per epoch).
     *
     * @param warmUpSteps steps of linear warm-up, see {@link #learningRate}
     * @param totalSteps of the run, warm-up included
     */
    record Cosine(double peak, double minimum, long warmUpSteps, long totalSteps) implements Schedule {
        public Cosine {
            checkRate(peak);
            if (!(minimum >= 0 && minimum <= peak)) {
                throw new IllegalArgumentException(
                        "the smallest learning rate lies between 0 and the peak of " + peak + ", not at " + minimum);
            }
            if (warmUpSteps < 0 || warmUpSteps >= totalSteps) {
                throw new IllegalArgumentException("the warm-up ends before training does, but has " + warmUpSteps
                        + " steps of " + totalSteps + "; warm up for fewer epochs, or train for more");
            }
        }

        @Override
        public double learningRate(long step) {
            if (step < warmUpSteps) {
                return warmUp(step, warmUpSteps, peak);
            }
            double done = (double) (Math.min(step, totalSteps) - warmUpSteps) / (totalSteps - warmUpSteps);
            return minimum + (peak - minimum) * (1 + Math.cos(Math.PI * done)) / 2;
        }
    }

    /**
     * The peak, multiplied by {@code factor} after every {@code everySteps} steps. They are counted from the first step of
     * the run, warm-up included, as the papers count their epochs.
     */
    record StepDecay(double peak, double factor, long everySteps, long warmUpSteps) implements Schedule {
        public StepDecay {
            checkRate(peak);
            checkWarmUp(warmUpSteps);
            if (!(factor > 0 && factor <= 1)) {
                throw new IllegalArgumentException("a decay factor lies in (0, 1], not at " + factor);
            }
            if (everySteps < 1) {
                throw new IllegalArgumentException("the learning rate decays every so many steps, not " + everySteps);
            }
        }

        @Override
        public double learningRate(long step) {
            if (step < warmUpSteps) {
                return warmUp(step, warmUpSteps, peak);
            }
            long falls = step / everySteps;
            return peak * Math.pow(factor, (double) falls);
        }
    }

    /** The same rate throughout, after the warm-up. */
    record Constant(double rate, long warmUpSteps) implements Schedule {
        public Constant {
            checkRate(rate);
            checkWarmUp(warmUpSteps);
        }

        @Override
        public double learningRate(long step) {
            return step < warmUpSteps ? warmUp(step, warmUpSteps, rate) : rate;
        }
    }

    /** From {@code peak / steps} at step 0 in equal steps to the peak (Goyal et al., 2017, section 2.2). */
    private static double warmUp(long step, long steps, double peak) {
        if (step < 0) {
            throw new IllegalArgumentException("steps are counted from 0, not from " + step);
        }
        return peak * (step + 1) / steps;
    }

    private static void checkRate(double rate) {
        if (!(rate > 0 && Double.isFinite(rate))) {
            throw new IllegalArgumentException("a learning rate is above 0, not " + rate);
        }
    }

    private static void checkWarmUp(long steps) {
        if (steps < 0) {
            throw new IllegalArgumentException("a warm-up has 0 steps or more, not " + steps);
        }
    }
}
