package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A file's tensors matched with a network's state, by name and shape. A prefix that training programs leave before all
 * names is dropped, and names of a known dialect are translated; counters the file does not have, as old files do not, are
 * 0.
 *
 * <pre>{@code
 * WeightMatch match = WeightMatch.of(network, WeightFile.read(Path.of("peleenet.pth")));
 * Tensors state = match.tensorsDespiteUnexpected(); // or an exception that says what is missing
 * }</pre>
 */
public final class WeightMatch {
    /** Tensors of layers that compute; a file's counters and masks may go unread, these may not. */
    private static final List<String> WEIGHTS = List.of("weight", "bias", "running_mean", "running_var");

    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final int EXAMPLES = 3;

    private final Network network;
    private final String source;
    private final Map<String, NdArray> tensors = new LinkedHashMap<>();
    private final List<String> read = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private final List<String> misshapen = new ArrayList<>();
    private final List<String> zeroed = new ArrayList<>();
    private final OptionalInt classes;

    /** @param initial values of the head, where another one is allowed */
    private WeightMatch(Network network, WeightFile file, Map<String, NdArray> initial) {
        this.network = network;
        this.source = file.source();
        Map<String, NdArray> given = Renaming.of(network, file.tensors().asMap());
        List<StateEntry> head = head(network);
        classes = classes(head, given);
        boolean newHead = head.stream()
                .anyMatch(entry -> initial.containsKey(entry.name()) && !isOf(entry, given.get(entry.name())));
        for (StateEntry entry : network.state()) {
            String name = entry.name();
            NdArray array = given.remove(name);
            if (newHead && initial.containsKey(name)) {
                tensors.put(name, initial.get(name));
                kept.add(name);
            } else if (isOf(entry, array)) {
                tensors.put(name, array);
                read.add(name);
            } else if (array != null) {
                misshapen.add(difference(entry, array, "the file has"));
            } else if (isCounter(entry)) {
                tensors.put(name, NdArray.Longs.scalar(0));
                zeroed.add(name);
            } else {
                missing.add(name);
            }
        }
        if (newHead) { // what else the file's head has, such as a bias, goes with it
            String prefix = head.get(0).layer().nameOf("");
            given.keySet().removeIf(name -> name.startsWith(prefix));
        }
        unexpected.addAll(given.keySet());
    }

    /** Against the whole network. */
    public static WeightMatch of(Network network, WeightFile file) {
        return new WeightMatch(network, file, Map.of());
    }

    /**
     * Against the network up to its head, the last layer with weights: where the file's head has another shape, or the
     * file has none, the initial values stay. A head of the network's own shape is read like everything else.
     *
     * @param initial values of the head, such as a randomly initialized state of the network; the rest is not looked at
     * @throws IllegalArgumentException if {@code initial} does not have the head's tensors in the network's shape
     */
    public static WeightMatch withNewHead(Network network, WeightFile file, Tensors initial) {
        Map<String, NdArray> head = new LinkedHashMap<>();
        for (StateEntry entry : head(network)) {
            NdArray array = initial.get(entry.name());
            if (!isOf(entry, array)) {
                throw new IllegalArgumentException(difference(entry, array, "the initial values have"));
            }
            head.put(entry.name(), array);
        }
        return new WeightMatch(network, file, head);
    }

    /** Names of the network whose values are the file's, in the network's order. */
    public List<String> read() {
        return Collections.unmodifiableList(read);
    }

    /** Names of the network's head, where the initial values were kept. */
    public List<String> kept() {
        return Collections.unmodifiableList(kept);
    }

    /** Names of the network's counters the file does not have, and which are 0. */
    public List<String> zeroed() {
        return Collections.unmodifiableList(zeroed);
    }

    /** Names of the network the file does not have, in the network's order. */
    public List<String> missing() {
        return Collections.unmodifiableList(missing);
    }

    /** Names of the file the network does not have, in the file's order. */
    public List<String> unexpected() {
        return Collections.unmodifiableList(unexpected);
    }

    /**
     * Those unexpected names that tell of another network: weights of one of the network's own layers, such as a bias, or
     * of a layer that is called as one of its own but for the number, as a deeper network has.
     */
    public List<String> conflicting() {
        Set<String> layers = network.state().stream()
                .map(entry -> unnumbered(layer(entry.name())))
                .collect(Collectors.toSet());
        return unexpected.stream()
                .filter(name -> WEIGHTS.contains(name.substring(name.lastIndexOf('.') + 1)))
                .filter(name -> layers.contains(unnumbered(layer(name))))
                .toList();
    }

    /** The number of classes of the file's head, if it has the network's head with any number of them. */
    public OptionalInt classes() {
        return classes;
    }

    /**
     * One line per tensor of another shape or type: {@code features.stemblock.stem1.conv.weight: the network has
     * [32, 3, 3, 3], the file has [32, 1, 3, 3]}.
     */
    public List<String> misshapen() {
        return Collections.unmodifiableList(misshapen);
    }

    /**
     * The network's state, in its order.
     *
     * @throws WeightsException if the file has less than that, more, or something of another shape
     */
    public Tensors tensors() throws WeightsException {
        if (!unexpected.isEmpty()) {
            throw mismatch();
        }
        return complete();
    }

    /**
     * The network's state, in its order, of a file from elsewhere: it may have more, which {@link #unexpected()} lists, and
     * all values are finite.
     *
     * @throws WeightsException if the file has less than that, something of another shape, something
     *     {@link #conflicting}, or a NaN or infinity
     */
    public Tensors tensorsDespiteUnexpected() throws WeightsException {
        Tensors state = complete();
        requireFinite(source, state);
        return state;
    }

    private Tensors complete() throws WeightsException {
        if (!missing.isEmpty() || !misshapen.isEmpty() || !conflicting().isEmpty()) {
            throw mismatch();
        }
        return new Tensors(tensors);
    }

    /**
     * Checks the values of weights, which are not finite where training diverged.
     *
     * @param source what to call the weights in the message
     * @throws WeightsException if one of them is NaN or infinite; the message counts and names such tensors
     */
    public static void requireFinite(String source, Tensors tensors) throws WeightsException {
        List<String> names = notFinite(tensors);
        if (!names.isEmpty()) {
            String examples = names.stream().limit(EXAMPLES).map(Printable::of).collect(Collectors.joining(", "));
            throw new WeightsException(
                    source,
                    names.size() + " of " + tensors.names().size() + " tensors have values that are NaN or infinite ("
                            + examples + (names.size() > EXAMPLES ? ", ..." : "")
                            + "), as a training that diverged leaves them; use weights of an earlier epoch");
        }
    }

    /** Names of the tensors that have a NaN or an infinity, in their order. */
    public static List<String> notFinite(Tensors tensors) {
        return tensors.names().stream()
                .filter(name -> tensors.get(name) instanceof NdArray.Floats floats && !isFinite(floats.values()))
                .toList();
    }

    private static boolean isFinite(float[] values) {
        float sum = 0; // stays 0 unless a value is NaN or infinite
        for (float value : values) {
            sum += value * 0;
        }
        return sum == 0;
    }

    private WeightsException mismatch() {
        List<String> problems = new ArrayList<>();
        addProblem(problems, "of another shape", misshapen);
        addProblem(problems, "missing", missing);
        addProblem(
                problems, "unexpected", unexpected.stream().map(Printable::of).toList());
        return new WeightsException(
                source,
                "does not fit " + network.name() + ", of whose "
                        + network.state().size() + " tensors it has " + read.size() + ": "
                        + String.join("; ", problems));
    }

    private static void addProblem(List<String> problems, String problem, List<String> tensors) {
        if (!tensors.isEmpty()) {
            List<String> examples = tensors.stream().limit(EXAMPLES).toList();
            problems.add(tensors.size() + " " + problem + " (" + String.join(", ", examples)
                    + (tensors.size() > EXAMPLES ? ", ..." : "") + ")");
        }
    }

    private static String layer(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    private static String unnumbered(String name) {
        return NUMBER.matcher(name).replaceAll("#");
    }

    /** The first dimension of a head's tensors is its classes; only that may differ. */
    private static OptionalInt classes(List<StateEntry> head, Map<String, NdArray> given) {
        Set<Integer> counts = new HashSet<>();
        for (StateEntry entry : head) {
            List<Integer> dims = entry.parameter().dims();
            NdArray array = given.get(entry.name());
            if (array == null
                    || array.dims().isEmpty()
                    || array.dims().size() != dims.size()
                    || !array.dims().subList(1, dims.size()).equals(dims.subList(1, dims.size()))) {
                return OptionalInt.empty();
            }
            counts.add(array.dims().get(0));
        }
        return counts.size() == 1 ? OptionalInt.of(counts.iterator().next()) : OptionalInt.empty();
    }

    private static List<StateEntry> head(Network network) {
        Layer last = network.head();
        return network.state().stream().filter(e -> e.layer().equals(last)).toList();
    }

    private static boolean isCounter(StateEntry entry) {
        return entry.parameter().role() == Parameter.Role.COUNTER;
    }

    private static boolean isOf(StateEntry entry, @Nullable NdArray array) {
        return array != null
                && array.dims().equals(entry.parameter().dims())
                && entry.parameter().integer() == array instanceof NdArray.Longs;
    }

    private static String difference(StateEntry entry, NdArray array, String owner) {
        boolean sameType = entry.parameter().integer() == array instanceof NdArray.Longs;
        Object dims = entry.parameter().dims();
        String expected = entry.parameter().integer() ? "int64 " + dims : "float32 " + dims;
        return entry.name() + ": the network has " + (sameType ? dims : expected) + ", " + owner + " "
                + (sameType ? array.dims() : array);
    }
}
