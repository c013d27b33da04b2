/** The networks, one file a paper, and the list of all their variants. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.zoo {
    requires dev.kinglet.base;
    requires transitive dev.kinglet.network;
    requires static org.jspecify;

    exports dev.kinglet.zoo;
}
