package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file's tensors under a network's names. Training programs keep a network inside another object, so that all names of
 * a checkpoint begin with where it was kept: {@code module.}, {@code model.}, {@code backbone.}, {@code
 * _forward_module.model.}. The prefix before most of the network's names is dropped, whatever it is, if that finds more
 * than half of the network's weights and more than there are without; {@link NameMap} does the rest.
 */
final class Renaming {
    /** Prefixes that data-parallel training, averaging and compiling leave, dropped from each name by itself. */
    private static final Pattern WRAPPERS = Pattern.compile("^(module\\.|_orig_mod\\.)+");

    /*
     * The prefix is found from the network's side: each suffix of a file's name, from the start or after a dot, that is a
     * name of the network votes for what stands before it. So chains of prefixes need no list of words, and a checkpoint
     * of two networks (a student and its average) gives the one that comes first in the file.
     */
    private final Network network;
    private final long weights;

    private Renaming(Network network) {
        this.network = network;
        weights = network.state().stream()
                .filter(entry -> entry.parameter().role() != Parameter.Role.COUNTER)
                .count();
    }

    /**
     * The same tensors in the same order, in the network's shapes where the dialect's differ; a name that is no reading of
     * one of the network's stays as it is.
     */
    static Map<String, NdArray> of(Network network, Map<String, NdArray> tensors) {
        return new Renaming(network).renamed(withoutWrappers(tensors));
    }

    private static Map<String, NdArray> withoutWrappers(Map<String, NdArray> tensors) {
        Map<String, NdArray> renamed = new LinkedHashMap<>();
        tensors.forEach((name, array) ->
                putUnlessTaken(renamed, tensors, name, WRAPPERS.matcher(name).replaceFirst(""), array));
        return renamed;
    }

    /** A name stays as it is where the other is taken. */
    private static void putUnlessTaken(
            Map<String, NdArray> renamed, Map<String, NdArray> all, String name, String other, NdArray array) {
        boolean taken = !other.equals(name) && (all.containsKey(other) || renamed.containsKey(other));
        renamed.put(taken ? name : other, array);
    }

    /**
     * A file's names read by a dialect.
     *
     * @param entries the network's tensors by the dialect's names, and by their own where the dialect has no such name
     * @param prefix what stands before the names
     * @param found names of the file that are the network's
     */
    private record Reading(NameMap map, Map<String, StateEntry> entries, String prefix, int found) {
        /** The tensor of the network that a name of the file stands for; null: none. */
        @Nullable
        StateEntry entry(String name) {
            return name.startsWith(prefix) ? entries.get(name.substring(prefix.length())) : null;
        }

        String name(String name) {
            StateEntry entry = entry(name);
            return entry != null ? entry.name() : name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        }

        /** An array that the dialect keeps in other dimensions, in the network's. */
        NdArray shaped(String name, NdArray array) {
            StateEntry entry = entry(name);
            if (entry == null || !(array instanceof NdArray.Floats floats)) {
                return array;
            }
            List<Integer> dims = entry.parameter().dims();
            boolean inDialect = !dims.equals(array.dims())
                    && map.dialectDims(entry.name(), dims).equals(array.dims());
            return inDialect ? new NdArray.Floats(dims, floats.values()) : array;
        }
    }

    private Map<String, NdArray> renamed(Map<String, NdArray> tensors) {
        Reading best = reading(NameMap.AS_IT_IS, tensors);
        for (NameMap map : NameMap.ALL) {
            Reading reading = best.found() == network.state().size() ? best : reading(map, tensors);
            best = reading.found() > best.found() ? reading : best;
        }
        Map<String, NdArray> renamed = new LinkedHashMap<>();
        for (Map.Entry<String, NdArray> entry : tensors.entrySet()) {
            String name = entry.getKey();
            putUnlessTaken(renamed, tensors, name, best.name(name), best.shaped(name, entry.getValue()));
        }
        return renamed;
    }

    /** With the prefix that has the most votes, or none. */
    private Reading reading(NameMap map, Map<String, NdArray> tensors) {
        Map<String, StateEntry> entries = new HashMap<>(map.entries(network));
        network.state().forEach(entry -> entries.putIfAbsent(entry.name(), entry));
        Map<String, Integer> votes = new LinkedHashMap<>(Map.of("", 0));
        for (String name : tensors.keySet()) {
            for (int at = 0; at >= 0 && at < name.length(); at = next(name, at)) {
                if (entries.containsKey(name.substring(at))) {
                    votes.merge(name.substring(0, at), 1, Integer::sum);
                }
            }
        }
        Map.Entry<String, Integer> most = Map.entry("", votes.getOrDefault("", 0));
        for (Map.Entry<String, Integer> entry : votes.entrySet()) {
            boolean enough = 2L * entry.getValue() > weights;
            most = enough && entry.getValue() > most.getValue() ? entry : most;
        }
        return new Reading(map, entries, most.getKey(), most.getValue());
    }

    /** Where the next component of a name begins; -1: there is none. */
    private static int next(String name, int at) {
        int dot = name.indexOf('.', at);
        return dot < 0 ? -1 : dot + 1;
    }
}
