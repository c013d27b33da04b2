package dev.kinglet.infer;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Result of an int8 export.
 *
 * @param plain of the float32 file that was quantized, which is not written
 * @param floatBytes size of the file that a float32 export of the same model writes
 * @param bytes size of the int8 file
 * @param floatLayers names of the layers kept in float32
 * @param fidelity its agreement with the float32 file
 */
public record Int8Report(ExportReport plain, long floatBytes, long bytes, Set<String> floatLayers, Fidelity fidelity) {
    public Int8Report {
        floatLayers = new LinkedHashSet<>(floatLayers); // the worst first
    }
}
