/**
 * Classifiers behind the Open Inference Protocol, over REST and gRPC on one port, for programs that bring a server with them.
 * {@link dev.kinglet.serve.Server} is the server, {@link dev.kinglet.serve.ServerOptions} say what it serves, where it listens
 * and who may ask, and {@link dev.kinglet.serve.Limits} what a request may take.
 *
 * <pre>{@code
 * ServerOptions options = ServerOptions.of("birds", Classifier.open(Path.of("birds.onnx")));
 * try (Server server = Server.of(options).start()) {
 *     System.out.println(server.uri()); // PUT an image to /predictions/birds
 * }
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.serve;
