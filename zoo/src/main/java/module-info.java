/** Network definitions, one file per paper, and the list of their variants. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.zoo {
    requires dev.kinglet.base;
    requires transitive dev.kinglet.network;
    requires static org.jspecify;

    exports dev.kinglet.zoo;
}
