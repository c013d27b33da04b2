package dev.kinglet.train.options;

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: {@code v = momentum v + g}, {@code w = w - lr v},
 * or with Nesterov's correction {@code w = w - lr (g + momentum v)}; {@code g} is the gradient plus
 * {@code weightDecay w}.
 */
public record Sgd(double momentum, Momentum kind, double weightDecay, Decay decay) {
    /** Kind of momentum. */
    public enum Momentum {
        CLASSIC,
        NESTEROV
    }

    /** Parameters with weight decay. */
    public enum Decay {
        /** Every trained tensor, as most of the papers' codes do. */
        EVERYTHING,
        /** Only tensors of two or more dimensions: neither normalization nor biases. */
        WEIGHTS
    }

    public Sgd {
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("momentum lies in [0, 1), not at " + momentum);
        }
        if (!(weightDecay >= 0 && weightDecay < 1)) {
            throw new IllegalArgumentException("weight decay lies in [0, 1), not at " + weightDecay);
        }
        if (kind == Momentum.NESTEROV && momentum == 0) {
            throw new IllegalArgumentException("Nesterov momentum needs a momentum above 0");
        }
    }
}
