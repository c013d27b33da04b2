package dev.kinglet.network.rewrite;

import java.util.Arrays;
import java.util.Locale;

/** How a convolution in groups can be written; all give the same outputs. */
public enum ConvImplementation {
    /** As it is, with the selections and shuffles around it. */
    GROUPED,
    /** In fewer groups that fill the lanes, with zeros between those that were apart. */
    MERGED,
    /** As depthwise convolutions, one for each output of a group, and pointwise ones that add up. */
    SPLIT,
    /** In one group, with zeros; a pointwise one takes up selections, shuffles and channel matrices around it. */
    DENSE;

    /** As it stands in a file's metadata: {@code dense}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The form of a label.
     *
     * @throws IllegalArgumentException if there is none
     */
    static ConvImplementation of(String label) {
        return Arrays.stream(values())
                .filter(form -> form.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + label + "' is not one of "
                        + Arrays.stream(values()).map(ConvImplementation::label).toList()));
    }
}
