/**
 * Models as ONNX files that describe themselves, and such files read and checked before anything runs them. No native
 * libraries: files are handled by the compiled protobuf classes of the format.
 */
@SuppressWarnings("requires-automatic") // neither the ONNX classes nor protobuf have a module descriptor
@org.jspecify.annotations.NullMarked
module dev.kinglet.onnx {
    requires dev.kinglet.base;
    requires transitive dev.kinglet.network;
    requires com.google.protobuf;
    requires org.tribuo.util.onnx;
    requires static org.jspecify;

    exports dev.kinglet.onnx;
}
