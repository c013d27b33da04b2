/** The Open Inference Protocol: its requests and answers as values, and their forms on the wire. No native libraries. */
@SuppressWarnings("requires-automatic") // protobuf has no module descriptor
@org.jspecify.annotations.NullMarked
module dev.kinglet.oip {
    requires transitive dev.kinglet.stubs;
    requires com.fasterxml.jackson.databind;
    requires com.google.protobuf;
    requires static org.jspecify;

    exports dev.kinglet.oip;
}
