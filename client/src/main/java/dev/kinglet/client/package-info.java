/**
 * A client of servers that speak the Open Inference Protocol, version 2: Kinglet's, Triton, OpenVINO Model Server, KServe's
 * runtimes. {@link dev.kinglet.client.RestClient} speaks it over HTTP with the JDK's client, {@link
 * dev.kinglet.client.GrpcClient} over gRPC; both are an {@link dev.kinglet.client.InferenceClient}. What a server refuses is a
 * {@link dev.kinglet.client.ServerException}.
 *
 * <pre>{@code
 * try (InferenceClient client = RestClient.of(URI.create("http://127.0.0.1:8080"))) {
 *     Tensor photo = Tensor.ofBytes("input0", List.of(Files.readAllBytes(Path.of("photo.jpg"))), 1);
 *     float[] logits = client.infer(new InferRequest("birds", photo)).output("output0").floats();
 * }
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.client;
