/**
 * The library that an application embeds: a {@link dev.kinglet.infer.Classifier} runs an ONNX file on images. Also the
 * exporter, because what it writes is run and compared first. Native libraries: ONNX Runtime, and the decoder of
 * {@code image}.
 */
@SuppressWarnings("requires-automatic") // ONNX Runtime has no module descriptor
@org.jspecify.annotations.NullMarked
module dev.kinglet.infer {
    requires dev.kinglet.base;
    requires com.microsoft.onnxruntime;
    requires transitive dev.kinglet.image;
    requires transitive dev.kinglet.network;
    requires transitive dev.kinglet.onnx;
    requires static transitive java.desktop; // only for callers that have a BufferedImage
    requires org.bytedeco.javacpp;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.kinglet.infer;
}
