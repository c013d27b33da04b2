package dev.kinglet.network.rewrite;

import dev.kinglet.network.Model;

/**
 * A change of a network and its weights that leaves the outputs as they are, up to rounding. A rewrite is stateless and
 * may be shared between threads. An application can add its own; {@link Rewrites} has those of Kinglet.
 */
public interface Rewrite {
    /** Name in options and in a file's metadata: {@code fold-batch-norms}. */
    String name();

    /**
     * The rewritten model.
     *
     * @param model left as it is; the result may share arrays with it
     * @return the argument itself where there is nothing to do
     * @throws IllegalArgumentException if the model is one that this rewrite cannot change without changing its outputs;
     *     the message names the layer
     */
    Model apply(Model model);
}
