package dev.kinglet.weights;

import dev.kinglet.network.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a file of weights holds.
 *
 * @param source what to call it in messages: the file, and which part of it
 * @param tensors in the file's order, by the file's names
 * @param metadata entries beside the tensors, in order; empty in formats that have none
 */
public record WeightFile(String source, Tensors tensors, Map<String, String> metadata) {
    public WeightFile {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
}
