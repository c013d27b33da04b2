/** A client of servers that speak the Open Inference Protocol. No native libraries. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // gRPC has no module descriptors
@org.jspecify.annotations.NullMarked
module dev.kinglet.client {
    requires transitive dev.kinglet.oip;
    requires transitive io.grpc; // a channel of the application's own
    requires transitive java.net.http;
    requires com.fasterxml.jackson.databind;
    requires io.grpc.stub;
    requires static org.jspecify;

    exports dev.kinglet.client;
}
