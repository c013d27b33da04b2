/** Exported networks for users of the Deep Java Library (DJL): {@link dev.kinglet.djl.KingletCriteria}. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // DJL has no module descriptors
@org.jspecify.annotations.NullMarked
module dev.kinglet.djl {
    requires dev.kinglet.infer;
    requires dev.kinglet.network;
    requires transitive dev.kinglet.image;
    requires transitive dev.kinglet.onnx;
    requires transitive ai.djl.api;
    requires static org.jspecify;

    exports dev.kinglet.djl;
}
