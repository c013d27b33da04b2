package dev.kinglet.toolkit;

import dev.kinglet.network.Network;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.util.List;
import java.util.OptionalInt;

/** Advice on a file of weights that does not fit a network. */
final class WeightAdvice {
    private static final int MAX_NAMES = 3;

    private WeightAdvice() {}

    /** The networks of the zoo that the file fits, as the end of a sentence; may be empty. */
    static String otherNetworks(String network, int outputs, WeightFile content) {
        List<String> others = Zoo.all().stream()
                .filter(other -> !other.name().equals(network) && fits(other, outputs, content))
                .map(Variant::name)
                .limit(MAX_NAMES)
                .toList();
        return others.isEmpty() ? "" : "; it fits " + String.join(", ", others);
    }

    /** The number of classes with which the file would fit; empty if that is not what keeps it from fitting. */
    static OptionalInt otherClasses(Variant variant, int outputs, WeightFile content) {
        OptionalInt found = WeightMatch.of(network(variant, outputs), content).classes();
        return found.isPresent() && found.getAsInt() != outputs && fits(network(variant, found.getAsInt()), content)
                ? found
                : OptionalInt.empty();
    }

    /** With as many classes as the file has. */
    private static boolean fits(Variant other, int outputs, WeightFile content) {
        OptionalInt found = WeightMatch.of(network(other, outputs), content).classes();
        return fits(network(other, found.orElse(outputs)), content);
    }

    private static boolean fits(Network network, WeightFile content) {
        WeightMatch match = WeightMatch.of(network, content);
        return match.missing().isEmpty()
                && match.misshapen().isEmpty()
                && match.conflicting().isEmpty();
    }

    private static Network network(Variant variant, int outputs) {
        return variant.network(variant.preprocessing().shape(), outputs);
    }
}
