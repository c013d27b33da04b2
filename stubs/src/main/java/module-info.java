/** Classes that are generated from the Open Inference Protocol's definition. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"
}) // neither gRPC nor protobuf has a module descriptor
module dev.kinglet.stubs {
    requires transitive com.google.protobuf;
    requires transitive io.grpc;
    requires transitive io.grpc.stub;
    requires io.grpc.protobuf;
    requires com.google.common;

    exports dev.kinglet.oip.grpc;
}
