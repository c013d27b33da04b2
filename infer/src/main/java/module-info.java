/**
 * The library an application embeds: a {@link dev.kinglet.infer.Classifier} runs an ONNX file on pictures. Also the
 * exporter, because what it writes is run and compared first. Natives: ONNX Runtime, and the decoder of {@code data}.
 */
@SuppressWarnings("requires-automatic") // ONNX Runtime has no module descriptor
@org.jspecify.annotations.NullMarked
module dev.kinglet.infer {
    requires com.microsoft.onnxruntime;
    requires transitive dev.kinglet.data;
    requires transitive dev.kinglet.network;
    requires transitive dev.kinglet.onnx;
    requires static org.jspecify;

    exports dev.kinglet.infer;
}
