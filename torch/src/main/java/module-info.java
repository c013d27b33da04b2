/**
 * Models bound to libtorch: training and evaluation. The only module that imports libtorch; nothing native leaves it, so
 * results are arrays and records.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.torch {
    requires dev.kinglet.base;
    requires transitive dev.kinglet.train;
    requires dev.kinglet.weights;
    requires org.bytedeco.javacpp;
    requires org.bytedeco.openblas;
    requires org.bytedeco.pytorch;
    requires static org.jspecify;

    exports dev.kinglet.torch;
}
