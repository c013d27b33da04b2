/**
 * The Open Inference Protocol, version 2, for servers and clients alike. An {@link dev.kinglet.oip.InferRequest} and an
 * {@link dev.kinglet.oip.InferResponse} hold {@link dev.kinglet.oip.Tensor}s, whatever way they came; {@link
 * dev.kinglet.oip.RestCodec} reads and writes them as JSON with or without binary tensors, {@link dev.kinglet.oip.GrpcCodec} as
 * gRPC's messages. Whoever only asks a server begins with {@code dev.kinglet.client}.
 *
 * <pre>{@code
 * RestCodec codec = new RestCodec(JsonLimits.defaults()); // of what is read
 * InferRequest request = new InferRequest("birds", Tensor.ofFloats("input0", pixels, 1, 3, 224, 224));
 * RestMessage body = codec.message(request);
 * }</pre>
 */
@org.jspecify.annotations.NullMarked
package dev.kinglet.oip;
