package dev.kinglet.train.options;

import java.util.Locale;

/** Number format of the forward and the backward pass. Weights, their updates and normalization statistics are float32. */
public enum Precision {
    FLOAT32,
    /** Eight bits of significand, the range of float32: activations, their gradients and copies of the weights. */
    BFLOAT16;

    /** The name in files and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
