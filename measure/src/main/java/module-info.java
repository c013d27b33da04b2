/**
 * Measuring: benchmarks of inference, of the whole way from image files to labels and of training steps, beside the
 * machine's own peaks; and a latency model of a network's layers, calibrated on the machine.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.measure {
    requires dev.kinglet.base;
    requires java.management;
    requires transitive dev.kinglet.image;
    requires transitive dev.kinglet.infer;
    requires transitive dev.kinglet.network;
    requires transitive dev.kinglet.onnx;
    requires dev.kinglet.toolkit;
    requires dev.kinglet.torch;
    requires dev.kinglet.train;
    requires dev.kinglet.zoo;
    requires static org.jspecify;

    exports dev.kinglet.measure;
}
