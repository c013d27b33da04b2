/** A server of classifiers: the Open Inference Protocol, images as they are, metrics and a page. */
@SuppressWarnings("requires-automatic") // neither the server library nor gRPC has module descriptors
@org.jspecify.annotations.NullMarked
module dev.kinglet.serve {
    requires transitive dev.kinglet.infer;
    requires com.fasterxml.jackson.databind;
    requires com.google.protobuf;
    requires com.linecorp.armeria;
    requires com.linecorp.armeria.grpc;
    requires com.linecorp.armeria.grpc.protocol;
    requires com.linecorp.armeria.prometheus1;
    requires dev.kinglet.base;
    requires dev.kinglet.image;
    requires dev.kinglet.network;
    requires dev.kinglet.oip;
    requires dev.kinglet.onnx;
    requires dev.kinglet.stubs;
    requires io.grpc;
    requires io.grpc.services;
    requires io.grpc.stub;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.compression;
    requires io.netty.common;
    requires io.netty.transport;
    requires java.management;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires org.reactivestreams;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.kinglet.serve;
}
