/**
 * The whole job as a Java API: train, resume, evaluate, import, export, predict. The command line is written on it.
 * Native libraries: libtorch, ONNX Runtime and OpenCV, through the modules below.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.toolkit {
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires dev.kinglet.base;
    requires dev.kinglet.torch;
    requires transitive dev.kinglet.infer;
    requires transitive dev.kinglet.train;
    requires transitive dev.kinglet.weights;
    requires transitive dev.kinglet.zoo;
    requires transitive java.desktop;
    requires java.management;
    requires jdk.management;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.kinglet.toolkit;
    exports dev.kinglet.toolkit.embedding;
    exports dev.kinglet.toolkit.hub;
    exports dev.kinglet.toolkit.launch;
    exports dev.kinglet.toolkit.synthetic;
}
