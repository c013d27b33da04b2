package dev.kinglet.network.rewrite;

import dev.kinglet.network.Model;

/** A change of a network that leaves its outputs as they are, up to rounding; the weights change with it. */
public interface Rewrite {
    /** The name in options and in a file's metadata: {@code fold-batch-norms}. */
    String name();

    /** The rewritten model; the argument is left as it is. A model it finds nothing to do in comes back itself. */
    Model apply(Model model);
}
