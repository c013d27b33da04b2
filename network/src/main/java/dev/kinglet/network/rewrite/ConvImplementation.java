package dev.kinglet.network.rewrite;

import java.util.Arrays;
import java.util.Locale;

/** How a grouped convolution is written for a runtime; all of these give the same outputs. */
public enum ConvImplementation {
    /** As a grouped convolution, with the channel gathers and shuffles around it. */
    GROUPED,
    /** As a convolution of fewer groups that fill whole channel blocks, with zero weights between merged groups. */
    MERGED,
    /** As one depthwise convolution for each output of a group, and pointwise ones that add up. */
    SPLIT,
    /** In one group, with zero weights; a pointwise one merges with the gathers, shuffles and channel matrices around it. */
    DENSE;

    /** Name in a file's metadata: {@code dense}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The implementation of a label.
     *
     * @throws IllegalArgumentException if there is none of that label
     */
    static ConvImplementation of(String label) {
        return Arrays.stream(values())
                .filter(implementation -> implementation.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + label + "' is not one of "
                        + Arrays.stream(values()).map(ConvImplementation::label).toList()));
    }
}
