package dev.kinglet.train.options;

/**
 * The update rule of the weights. In all of them {@code g} is the gradient of a weight {@code w}, {@code lr} the learning
 * rate of the step and {@code t} the number of the step, from 1. The names are those of options; the arithmetic is that of
 * PyTorch and timm.
 */
public sealed interface Optimizer {
    /** Factor of the weight decay. */
    double weightDecay();

    /** Parameters with weight decay. */
    Decay decay();

    /** The visitor's answer to this rule. */
    <T> T accept(Visitor<T> visitor);

    /** One answer for each rule. */
    interface Visitor<T> {
        T sgd(Sgd rule);

        T adamW(AdamW rule);

        T rmsProp(RmsProp rule);

        T lamb(Lamb rule);
    }

    /** Parameters with weight decay. */
    enum Decay {
        /** Every trained tensor, as most of the papers' codes do. */
        EVERYTHING,
        /** Only tensors of two or more dimensions: neither normalization nor biases. */
        WEIGHTS
    }

    /**
     * Stochastic gradient descent with momentum, as PyTorch defines it: {@code v = momentum v + g}, {@code w = w - lr v},
     * or with Nesterov's correction {@code w = w - lr (g + momentum v)}; {@code g} is the gradient plus
     * {@code weightDecay w}.
     */
    record Sgd(double momentum, Momentum kind, double weightDecay, Decay decay) implements Optimizer {
        /** Kind of momentum. */
        public enum Momentum {
            CLASSIC,
            NESTEROV
        }

        public Sgd {
            requireMomentum(momentum);
            requireWeightDecay(weightDecay);
            if (kind == Momentum.NESTEROV && momentum == 0) {
                throw new IllegalArgumentException("Nesterov momentum needs a momentum above 0");
            }
        }

        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.sgd(this);
        }
    }

    /**
     * Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2), as {@code torch.optim.AdamW}:
     * {@code w = w - lr weightDecay w}, {@code m = beta1 m + (1 - beta1) g}, {@code v = beta2 v + (1 - beta2) g^2},
     * {@code w = w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)}.
     */
    record AdamW(double beta1, double beta2, double epsilon, double weightDecay, Decay decay) implements Optimizer {
        public AdamW {
            requireBetas(beta1, beta2);
            requireEpsilon(epsilon);
            requireWeightDecay(weightDecay);
        }

        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.adamW(this);
        }
    }

    /**
     * RMSProp (Hinton, 2012, lecture 6e): {@code v = alpha v + (1 - alpha) g^2}, {@code u = g / (sqrt(v) + epsilon)},
     * {@code b = momentum b + u}, {@code w = w - lr b}, as {@code torch.optim.RMSprop}; {@code g} is the gradient plus
     * {@code weightDecay w}.
     */
    record RmsProp(double alpha, double momentum, double epsilon, Form form, double weightDecay, Decay decay)
            implements Optimizer {
        /** Whose definition. */
        public enum Form {
            PYTORCH,
            /**
             * TensorFlow's, as timm's {@code RMSpropTF}, for networks that were trained with it: {@code v} begins at 1,
             * {@code u = g / sqrt(v + epsilon)}, {@code b = momentum b + lr u}, {@code w = w - b}.
             */
            TENSORFLOW
        }

        public RmsProp {
            requireFraction("alpha", alpha);
            requireMomentum(momentum);
            requireEpsilon(epsilon);
            requireWeightDecay(weightDecay);
        }

        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.rmsProp(this);
        }
    }

    /**
     * Adam whose step in each tensor has the length of the tensor (You et al., 2020, algorithm 2), as timm's {@code Lamb}:
     * the gradient of all tensors is scaled to a norm of at most 1; {@code m} and {@code v} are those of {@link AdamW},
     * {@code u = m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + epsilon) + weightDecay w}, and
     * {@code w = w - lr u |w| / |u|} in tensors with weight decay, {@code w = w - lr u} in the others.
     */
    record Lamb(double beta1, double beta2, double epsilon, double weightDecay, Decay decay) implements Optimizer {
        public Lamb {
            requireBetas(beta1, beta2);
            requireEpsilon(epsilon);
            requireWeightDecay(weightDecay);
        }

        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.lamb(this);
        }
    }

    private static void requireMomentum(double momentum) {
        requireFraction("momentum", momentum);
    }

    private static void requireBetas(double beta1, double beta2) {
        requireFraction("the first of opt_betas", beta1);
        requireFraction("the second of opt_betas", beta2);
    }

    private static void requireFraction(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " lies in [0, 1), not at " + value);
        }
    }

    private static void requireEpsilon(double epsilon) {
        if (!(epsilon > 0 && Double.isFinite(epsilon))) {
            throw new IllegalArgumentException("opt_eps is above 0, not " + epsilon);
        }
    }

    private static void requireWeightDecay(double weightDecay) {
        if (!(weightDecay >= 0 && weightDecay < 1)) {
            throw new IllegalArgumentException("weight decay lies in [0, 1), not at " + weightDecay);
        }
    }
}
