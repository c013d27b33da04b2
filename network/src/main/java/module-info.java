/**
 * Networks as immutable values. A {@link dev.kinglet.network.Network} is described once, by the names and in the order
 * of its authors' checkpoint; costs, initial weights, rewrites, training, files and summaries are walks over it. No native
 * libraries.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.network {
    requires dev.kinglet.base;
    requires com.fasterxml.jackson.core;
    requires static org.jspecify;

    exports dev.kinglet.network;
    exports dev.kinglet.network.rewrite;
}
