package dev.kinglet.oip;

import java.util.List;

/**
 * An answer to a request for inference.
 *
 * @param version of the model that answered
 * @param id of the request
 */
public record InferResponse(String model, String version, String id, List<Tensor> outputs) {
    public InferResponse {
        outputs = List.copyOf(outputs);
    }

    /**
     * An output by its name.
     *
     * @throws OipException if there is none
     */
    public Tensor output(String name) throws OipException {
        for (Tensor output : outputs) {
            if (output.name().equals(name)) {
                return output;
            }
        }
        throw new OipException("no output '" + name + "' in the answer, only " + outputs);
    }
}
