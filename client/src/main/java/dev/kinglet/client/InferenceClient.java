package dev.kinglet.client;

import dev.kinglet.oip.DataType;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import java.io.IOException;
import java.util.List;

/**
 * A client of one server. Safe for several threads.
 *
 * <pre>{@code
 * try (InferenceClient client = RestClient.of(URI.create("http://127.0.0.1:8080"))) {
 *     Tensor photo = Tensor.ofBytes("input0", List.of(Files.readAllBytes(Path.of("photo.jpg"))), 1);
 *     float[] logits = client.infer(new InferRequest("birds", photo)).output("output0").floats();
 * }
 * }</pre>
 */
public interface InferenceClient extends AutoCloseable {
    /** An input or an output of a model; a length of -1 is any. */
    record TensorInfo(String name, DataType type, List<Long> shape) {
        public TensorInfo {
            shape = List.copyOf(shape);
        }
    }

    /** A model as the server describes it. */
    record ModelInfo(
            String name, List<String> versions, String platform, List<TensorInfo> inputs, List<TensorInfo> outputs) {
        public ModelInfo {
            versions = List.copyOf(versions);
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /**
     * Whether the server's process works.
     *
     * @throws IOException if it cannot be reached
     */
    boolean isLive() throws IOException, InterruptedException;

    /**
     * Whether the server takes requests.
     *
     * @throws IOException if it cannot be reached
     */
    boolean isReady() throws IOException, InterruptedException;

    /**
     * Whether a model takes requests; false if there is none.
     *
     * @throws IOException if the server cannot be reached
     */
    boolean isReady(String model) throws IOException, InterruptedException;

    /**
     * A model's inputs and outputs.
     *
     * @throws ServerException if the server has no such model
     * @throws IOException if it cannot be reached
     */
    ModelInfo metadata(String model) throws IOException, InterruptedException;

    /**
     * Sends a request and waits for its answer.
     *
     * @throws ServerException if the server refuses it
     * @throws IOException if it cannot be reached, or the time is over
     */
    InferResponse infer(InferRequest request) throws IOException, InterruptedException;

    @Override
    void close();
}
