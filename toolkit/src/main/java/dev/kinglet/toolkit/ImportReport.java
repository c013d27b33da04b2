package dev.kinglet.toolkit;

import dev.kinglet.network.Card;
import dev.kinglet.weights.WeightMatch;
import java.util.List;
import java.util.OptionalLong;

/**
 * The outcome of an import: how the tensors of a file match those of a network.
 *
 * @param source the file, and the dictionary in it
 * @param card the network, its classes and its preprocessing
 * @param read tensors that are taken from the file
 * @param zeroed counters that the file does not have, set to 0
 * @param fresh tensors of a new head, randomly initialized
 * @param skipped tensors of the file that the network does not have
 * @param missing tensors of the network that the file does not have
 * @param misshapen tensors of another shape, with both shapes
 * @param bytes size of the file written; empty if none was
 */
public record ImportReport(
        String source,
        Card card,
        List<String> read,
        List<String> zeroed,
        List<String> fresh,
        List<String> skipped,
        List<String> missing,
        List<String> misshapen,
        OptionalLong bytes) {
    static ImportReport of(String source, Card card, WeightMatch match, OptionalLong bytes) {
        return new ImportReport(
                source,
                card,
                match.read(),
                match.zeroed(),
                match.kept(),
                match.unexpected(),
                match.missing(),
                match.misshapen(),
                bytes);
    }
}
