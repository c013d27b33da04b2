package dev.kinglet.weights;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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
    private final Set<String> wanted = new HashSet<>();
    private final long weights;

    private Renaming(Network network) {
        long counted = 0;
        for (StateEntry entry : network.state()) {
            wanted.add(entry.name());
            counted += entry.parameter().role() == Parameter.Role.COUNTER ? 0 : 1;
        }
        weights = counted;
    }

    /** The same tensors in the same order; a name that is no reading of one of the network's stays as it is. */
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

    private record Reading(NameMap map, String prefix, int found) {}

    private Map<String, NdArray> renamed(Map<String, NdArray> tensors) {
        Reading best = reading(NameMap.AS_IT_IS, tensors.keySet());
        for (NameMap map : NameMap.ALL) {
            Reading reading = best.found() == wanted.size() ? best : reading(map, tensors.keySet());
            best = reading.found() > best.found() ? reading : best;
        }
        Map<String, NdArray> renamed = new LinkedHashMap<>();
        for (Map.Entry<String, NdArray> entry : tensors.entrySet()) {
            putUnlessTaken(renamed, tensors, entry.getKey(), name(entry.getKey(), best), entry.getValue());
        }
        return renamed;
    }

    private String name(String name, Reading reading) {
        for (String candidate : reading.map().readings(name)) {
            if (candidate.startsWith(reading.prefix())) {
                String bare = candidate.substring(reading.prefix().length());
                if (wanted.contains(bare)) {
                    return bare;
                }
            }
        }
        return name.startsWith(reading.prefix())
                ? name.substring(reading.prefix().length())
                : name;
    }

    /** The prefix with the most votes, or none. */
    private Reading reading(NameMap map, Set<String> names) {
        Map<String, Integer> votes = new LinkedHashMap<>(Map.of("", 0));
        for (String name : names) {
            Set<String> voted = new HashSet<>();
            for (String candidate : map.readings(name)) {
                vote(candidate, voted);
            }
            voted.forEach(prefix -> votes.merge(prefix, 1, Integer::sum));
        }
        Map.Entry<String, Integer> most = Map.entry("", votes.getOrDefault("", 0));
        for (Map.Entry<String, Integer> entry : votes.entrySet()) {
            boolean enough = 2L * entry.getValue() > weights;
            most = enough && entry.getValue() > most.getValue() ? entry : most;
        }
        return new Reading(map, most.getKey(), most.getValue());
    }

    private void vote(String candidate, Set<String> voted) {
        for (int at = 0; at >= 0 && at < candidate.length(); at = next(candidate, at)) {
            if (wanted.contains(candidate.substring(at))) {
                voted.add(candidate.substring(0, at));
            }
        }
    }

    /** Where the next component of a name begins; -1: there is none. */
    private static int next(String name, int at) {
        int dot = name.indexOf('.', at);
        return dot < 0 ? -1 : dot + 1;
    }
}
