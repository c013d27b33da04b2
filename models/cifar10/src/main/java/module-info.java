/** A classifier to start with, trained by Kinglet on CIFAR-10: {@link dev.kinglet.models.Models}. */
@SuppressWarnings("module") // a digit at the end of a name: the data set is called so
@org.jspecify.annotations.NullMarked
module dev.kinglet.models.cifar10 {
    requires dev.kinglet.onnx;
    requires transitive dev.kinglet.infer;
    requires static org.jspecify;

    exports dev.kinglet.models;
}
