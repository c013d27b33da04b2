package dev.kinglet.train.options;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The optimizer and the loss: all that a step does with the gradient of a batch.
 *
 * @param rule the update rule of the weights
 * @param clipping of gradients, before the update; empty: none
 * @param ema exponential moving average of the weights; empty: none
 */
public record OptimizerSettings(
        Optimizer rule,
        Loss loss,
        Optional<Clipping> clipping,
        ParameterRates rates,
        Dropping dropping,
        Optional<Ema> ema) {

    /**
     * The loss of a batch.
     *
     * @param labelSmoothing fraction of the target spread evenly over all classes (Szegedy et al., 2016, section 7)
     * @param binary binary cross-entropy of each class (Wightman et al., 2021, section 3) instead of cross-entropy
     * @param groupLasso weight of the group lasso penalty (Huang et al., 2018, section 4.1, eq. 1), in layers that are
     *     pruned while they train
     */
    public record Loss(double labelSmoothing, boolean binary, double groupLasso) {
        /** Cross-entropy without label smoothing or a penalty. */
        public static final Loss CROSS_ENTROPY = new Loss(0, false, 0);

        public Loss {
            if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
                throw new IllegalArgumentException("smoothing lies in [0, 1), not at " + labelSmoothing);
            }
            if (!(groupLasso >= 0 && Double.isFinite(groupLasso))) {
                throw new IllegalArgumentException("group_lasso is 0 or more, not " + groupLasso);
            }
        }

        public Loss withLabelSmoothing(double fraction) {
            return new Loss(fraction, binary, groupLasso);
        }

        public Loss withGroupLasso(double weight) {
            return new Loss(labelSmoothing, binary, weight);
        }
    }

    /**
     * Gradient clipping.
     *
     * @param limit norm, absolute value or, for {@link Mode#AGC}, ratio of norms that is not exceeded
     */
    public record Clipping(Mode mode, double limit) {
        /** The measure that is limited. */
        public enum Mode {
            /** The norm of all gradients together, as {@code torch.nn.utils.clip_grad_norm_}. */
            NORM,
            /** Each gradient's absolute value. */
            VALUE,
            /**
             * The norm of the gradient of each output channel relative to that of its weights, the head left out (adaptive
             * gradient clipping; Brock et al., 2021, eq. 3).
             */
            AGC
        }

        public Clipping {
            if (!(limit > 0 && Double.isFinite(limit))) {
                throw new IllegalArgumentException("clip_grad is above 0, not " + limit);
            }
        }
    }

    /**
     * What is left out at random while the network is trained.
     *
     * @param dropout probability of every dropout, in a network without any of one before the head; empty: the network's own
     * @param dropPath probability with which the branch of the last residual connection is left out, and proportionally less
     *     often those before it (stochastic depth; Huang et al., 2016)
     */
    public record Dropping(OptionalDouble dropout, double dropPath) {
        /** The network's own dropout. */
        public static final Dropping OWN = new Dropping(OptionalDouble.empty(), 0);

        public Dropping {
            dropout.ifPresent(probability -> requireProbability(TrainOption.DROP, probability));
            requireProbability(TrainOption.DROP_PATH, dropPath);
        }

        private static void requireProbability(TrainOption option, double probability) {
            if (!(probability >= 0 && probability < 1)) {
                throw new IllegalArgumentException(option.key() + " lies in [0, 1), not at " + probability);
            }
        }
    }

    /**
     * Exponential moving average of the whole state, which is evaluated and saved beside the weights.
     *
     * @param decay weight of the average so far
     * @param warmUp whether the decay grows to that value as {@code 1 - (1 + t)^(-2/3)} over the steps {@code t}
     * @param normBatches training batches from which the average's batch normalization statistics are estimated anew before
     *     each evaluation; 0: its running statistics are averages of those of the weights
     * @param lookahead whether training goes on from the average, and how
     */
    public record Ema(double decay, boolean warmUp, int normBatches, Optional<Lookahead> lookahead) {
        public Ema {
            if (!(decay >= 0 && decay < 1)) {
                throw new IllegalArgumentException("model_ema_decay lies in [0, 1), not at " + decay);
            }
            OptionReader.requireAtLeast(0, normBatches, TrainOption.MODEL_EMA_BN);
        }

        /** An average that training does not see. */
        public Ema(double decay, boolean warmUp, int normBatches) {
            this(decay, warmUp, normBatches, Optional.empty());
        }
    }

    /**
     * The average is updated once in some steps, and training goes on from it (Zhang et al., 2019, arXiv:1907.08610,
     * algorithm 1, where {@code 1 - decay} is alpha and {@code steps} is k).
     *
     * @param steps from one update to the next
     * @param ramp the decay grows to its value with this power of the fraction of the training that is done (Jordan, 2024,
     *     arXiv:2404.00498, has 3); 0: it is constant
     */
    public record Lookahead(int steps, double ramp) {
        public Lookahead {
            OptionReader.requireAtLeast(1, steps, TrainOption.MODEL_EMA_LOOKAHEAD);
            if (!(ramp >= 0 && Double.isFinite(ramp))) {
                throw new IllegalArgumentException("model_ema_ramp is at least 0, not " + ramp);
            }
        }
    }

    /** Cross-entropy, the same learning rate for all parameters, no clipping and no average. */
    public static OptimizerSettings of(Optimizer rule) {
        return new OptimizerSettings(
                rule, Loss.CROSS_ENTROPY, Optional.empty(), ParameterRates.EQUAL, Dropping.OWN, Optional.empty());
    }

    static OptimizerSettings read(OptionReader options) {
        return new OptimizerSettings(
                rule(options),
                new Loss(
                        options.decimal(TrainOption.SMOOTHING),
                        options.truth(TrainOption.BCE_LOSS),
                        options.decimal(TrainOption.GROUP_LASSO)),
                options.optionalDecimal(TrainOption.CLIP_GRAD).stream()
                        .mapToObj(limit ->
                                new Clipping(options.constant(Clipping.Mode.class, TrainOption.CLIP_MODE), limit))
                        .findFirst(),
                ParameterRates.read(options),
                new Dropping(options.optionalDecimal(TrainOption.DROP), options.decimal(TrainOption.DROP_PATH)),
                options.truth(TrainOption.MODEL_EMA)
                        ? Optional.of(new Ema(
                                options.decimal(TrainOption.MODEL_EMA_DECAY),
                                options.truth(TrainOption.MODEL_EMA_WARMUP),
                                options.integer(TrainOption.MODEL_EMA_BN),
                                lookahead(options)))
                        : Optional.empty());
    }

    private static Optional<Lookahead> lookahead(OptionReader options) {
        int steps = options.integer(TrainOption.MODEL_EMA_LOOKAHEAD);
        return steps == 0
                ? Optional.empty()
                : Optional.of(new Lookahead(steps, options.decimal(TrainOption.MODEL_EMA_RAMP)));
    }

    private static Optimizer rule(OptionReader options) {
        String name = options.text(TrainOption.OPT);
        double momentum = options.decimal(TrainOption.MOMENTUM);
        double beta1 = options.decimals(TrainOption.OPT_BETAS, 2).get(0);
        double beta2 = options.decimals(TrainOption.OPT_BETAS, 2).get(1);
        double alpha = options.decimal(TrainOption.ALPHA);
        OptionalDouble epsilon = options.optionalDecimal(TrainOption.OPT_EPS);
        double weightDecay = options.decimal(TrainOption.WEIGHT_DECAY);
        Optimizer.Decay decay = options.constant(Optimizer.Decay.class, TrainOption.WEIGHT_DECAY_ON);
        return switch (name) {
            case "sgd" -> new Optimizer.Sgd(momentum, Optimizer.Sgd.Momentum.CLASSIC, weightDecay, decay);
            case "nesterov" -> new Optimizer.Sgd(momentum, Optimizer.Sgd.Momentum.NESTEROV, weightDecay, decay);
            case "adamw" -> new Optimizer.AdamW(beta1, beta2, epsilon.orElse(1e-8), weightDecay, decay);
            case "rmsprop" ->
                new Optimizer.RmsProp(
                        alpha, momentum, epsilon.orElse(1e-8), Optimizer.RmsProp.Form.PYTORCH, weightDecay, decay);
            case "rmsproptf" ->
                new Optimizer.RmsProp(
                        alpha, momentum, epsilon.orElse(1e-10), Optimizer.RmsProp.Form.TENSORFLOW, weightDecay, decay);
            case "lamb" -> new Optimizer.Lamb(beta1, beta2, epsilon.orElse(1e-6), weightDecay, decay);
            default -> throw new AssertionError("opt accepts " + name);
        };
    }

    /** The value of {@link TrainOption#OPT} for a rule. */
    static String key(Optimizer rule) {
        return rule.accept(new Optimizer.Visitor<>() {
            @Override
            public String sgd(Optimizer.Sgd sgd) {
                return switch (sgd.kind()) {
                    case CLASSIC -> "sgd";
                    case NESTEROV -> "nesterov";
                };
            }

            @Override
            public String adamW(Optimizer.AdamW adam) {
                return "adamw";
            }

            @Override
            public String rmsProp(Optimizer.RmsProp rms) {
                return switch (rms.form()) {
                    case PYTORCH -> "rmsprop";
                    case TENSORFLOW -> "rmsproptf";
                };
            }

            @Override
            public String lamb(Optimizer.Lamb lamb) {
                return "lamb";
            }
        });
    }

    public OptimizerSettings withRule(Optimizer other) {
        return new OptimizerSettings(other, loss, clipping, rates, dropping, ema);
    }

    public OptimizerSettings withLoss(Loss other) {
        return new OptimizerSettings(rule, other, clipping, rates, dropping, ema);
    }

    public OptimizerSettings withLabelSmoothing(double fraction) {
        return withLoss(loss.withLabelSmoothing(fraction));
    }

    public OptimizerSettings withClipping(Clipping other) {
        return new OptimizerSettings(rule, loss, Optional.of(other), rates, dropping, ema);
    }

    public OptimizerSettings withRates(ParameterRates other) {
        return new OptimizerSettings(rule, loss, clipping, other, dropping, ema);
    }

    public OptimizerSettings withDropping(Dropping other) {
        return new OptimizerSettings(rule, loss, clipping, rates, other, ema);
    }

    public OptimizerSettings withEma(Ema other) {
        return new OptimizerSettings(rule, loss, clipping, rates, dropping, Optional.of(other));
    }
}
