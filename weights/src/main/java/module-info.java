/**
 * Weights from and to files: safetensors and .npy both ways, torch's and Paddle's files read, and what was read matched
 * with a network. Every size a file claims is measured before it is believed, and nothing in a file is run. No native libraries.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.weights {
    requires dev.kinglet.base;
    requires transitive dev.kinglet.network;
    requires dev.kinglet.pickle;
    requires com.fasterxml.jackson.core;
    requires static org.jspecify;

    exports dev.kinglet.weights;
}
