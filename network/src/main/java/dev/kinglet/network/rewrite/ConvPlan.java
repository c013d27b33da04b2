package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a runtime is to be given: how many channels it keeps together, and which form of a convolution in groups it is
 * faster at.
 *
 * @param lanes channels that the runtime keeps together; a multiple of its own number is right too, at the price of more
 *     zeros
 * @param byLayer forms of convolutions in groups, by the layer's name where it is after {@link ConvertLearnedGroups}; for
 *     those that are not named each rewrite has a rule
 */
public record ConvPlan(int lanes, Map<String, ConvImplementation> byLayer) {
    /** Where vectors are widest: 16 numbers of 32 bits are 512 bits. */
    public static final int WIDEST = 16;

    private static final String LANES = "lanes";

    public ConvPlan {
        if (lanes < 1) {
            throw new IllegalArgumentException("a runtime keeps at least 1 channel together, not " + lanes);
        }
        byLayer = Collections.unmodifiableMap(new TreeMap<>(byLayer));
    }

    /** Everything by rule, for the widest vectors. */
    public static ConvPlan byRule() {
        return new ConvPlan(WIDEST, Map.of());
    }

    /** What a layer is to become; empty where the rule decides. */
    Optional<ConvImplementation> of(Layer layer) {
        return Optional.ofNullable(byLayer.get(layer.name()));
    }

    /** The same for another number of lanes. */
    public ConvPlan withChannelBlock(int other) {
        return new ConvPlan(other, byLayer);
    }

    /** The same with another form for some layers. */
    public ConvPlan with(Collection<String> layers, ConvImplementation form) {
        Map<String, ConvImplementation> changed = new TreeMap<>(byLayer);
        layers.forEach(layer -> changed.put(layer, form));
        return new ConvPlan(lanes, changed);
    }

    /**
     * Convolutions that are alike: same kernel, groups and pixels, and the same surroundings.
     *
     * @param layers their names
     * @param candidates the forms they could take
     */
    public record Site(String description, List<String> layers, List<ConvImplementation> candidates) {
        public Site {
            layers = List.copyOf(layers);
            candidates = List.copyOf(candidates);
        }
    }

    /** The convolutions of a model whose form can be chosen, after {@link ConvertLearnedGroups}. */
    public static List<Site> sites(Model model) {
        Network network = new ConvertLearnedGroups().apply(model).network();
        Map<String, List<Layer>> alike = new LinkedHashMap<>();
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.Conv conv && conv.inGroups()) {
                boolean added = network.layers().stream()
                        .anyMatch(other -> other.op() instanceof Op.ChannelMatrix
                                && other.input().equals(layer));
                String description = String.format(
                        Locale.ROOT,
                        "%dx%d in %d groups at %dx%d pixels%s",
                        conv.window().kernel(),
                        conv.window().kernel(),
                        conv.groups(),
                        layer.shape().height(),
                        layer.shape().width(),
                        added ? ", added to others" : "");
                alike.computeIfAbsent(description, any -> new ArrayList<>()).add(layer);
            }
        }
        return alike.entrySet().stream()
                .map(site -> new Site(
                        site.getKey(), site.getValue().stream().map(Layer::name).toList(), candidates((Op.Conv)
                                site.getValue().get(0).op())))
                .toList();
    }

    private static List<ConvImplementation> candidates(Op.Conv conv) {
        return conv.window().kernel() == 1
                ? List.of(ConvImplementation.GROUPED, ConvImplementation.DENSE)
                : List.of(ConvImplementation.values());
    }

    /** {@code lanes=16,name=form,...}, as in a file's metadata. */
    public String text() {
        return Stream.concat(
                        Stream.of(LANES + "=" + lanes),
                        byLayer.entrySet().stream()
                                .map(entry ->
                                        entry.getKey() + "=" + entry.getValue().label()))
                .collect(Collectors.joining(","));
    }

    /**
     * The reverse of {@link #text()}.
     *
     * @throws IllegalArgumentException if it is not such a text
     */
    public static ConvPlan parse(String text) {
        String[] entries = text.split(",", -1);
        Map<String, ConvImplementation> forms = new TreeMap<>();
        for (String entry : Arrays.asList(entries).subList(1, entries.length)) {
            int equals = entry.lastIndexOf('=');
            if (equals < 1
                    || forms.put(entry.substring(0, equals), ConvImplementation.of(entry.substring(equals + 1)))
                            != null) {
                throw new IllegalArgumentException("'" + entry + "' names no layer, or one that is named before it");
            }
        }
        if (!entries[0].matches(LANES + "=[0-9]{1,4}")) {
            throw new IllegalArgumentException("'" + entries[0] + "' is not '" + LANES + "=' and a number");
        }
        return new ConvPlan(Integer.parseInt(entries[0].substring(LANES.length() + 1)), forms);
    }
}
