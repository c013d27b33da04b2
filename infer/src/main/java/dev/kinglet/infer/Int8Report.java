package dev.kinglet.infer;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What a quantized export wrote.
 *
 * @param plain of the file in float that was quantized, which was not written
 * @param floatBytes of the file that the same export in float writes
 * @param bytes of the file that was
 * @param floatLayers names of the layers left in float
 * @param fidelity how near it is to the float file
 */
public record Int8Report(ExportReport plain, long floatBytes, long bytes, Set<String> floatLayers, Fidelity fidelity) {
    public Int8Report {
        floatLayers = new LinkedHashSet<>(floatLayers); // the worst first
    }
}
