package dev.kinglet.oip;

import java.util.Arrays;
import java.util.List;

/**
 * A request for inference.
 *
 * @param version of the model; empty for the server's choice
 * @param id repeated in the answer; may be empty
 * @param outputs that are wanted; none for all of them
 * @param binaryOutputs whether outputs that say nothing about it come in binary form (REST)
 */
public record InferRequest(
        String model, String version, String id, List<Tensor> inputs, List<Output> outputs, boolean binaryOutputs) {
    public InferRequest {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** A request for all outputs in binary form. */
    public InferRequest(String model, Tensor... inputs) {
        this(model, "", "", List.of(inputs), List.of(), true);
    }

    /** This request, for outputs of these names only. */
    public InferRequest withOutputs(String... names) {
        return new InferRequest(
                model,
                version,
                id,
                inputs,
                Arrays.stream(names).map(Output::new).toList(),
                binaryOutputs);
    }

    /**
     * An output that is wanted.
     *
     * @param classes of the best scores to give as {@code score:index:label}; 0 for the tensor itself
     * @param form on the wire (REST)
     */
    public record Output(String name, int classes, Form form) {
        /** The tensor itself, in the request's own form. */
        public Output(String name) {
            this(name, 0, Form.AS_THE_REQUEST);
        }
    }

    /** Form of an output over REST. */
    public enum Form {
        /** As {@link InferRequest#binaryOutputs} says. */
        AS_THE_REQUEST,
        BINARY,
        JSON
    }
}
