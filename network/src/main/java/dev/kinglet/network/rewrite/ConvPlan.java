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
 * Choices that make a rewritten network fast on one runtime and machine: the channel block size, and how each grouped
 * convolution is implemented.
 *
 * @param channelBlock channels per block of the runtime's NCHWc layout: its SIMD width in float32. A multiple of the
 *     runtime's own number is right too, at the price of more zeros
 * @param implementations of grouped convolutions, by the name that the layer has after the rewrite
 *     {@code convert-learned-groups}; each rewrite has a rule for those that are not named
 */
public record ConvPlan(int channelBlock, Map<String, ConvImplementation> implementations) {
    /** The largest channel block: 512-bit SIMD registers of 32-bit numbers. */
    public static final int MAX_CHANNEL_BLOCK = 16;

    private static final String CHANNEL_BLOCK = "lanes"; // written into files, and so to be read for good

    /**
     * Copies the map.
     *
     * @throws IllegalArgumentException if the channel block is below 1
     */
    public ConvPlan {
        if (channelBlock < 1) {
            throw new IllegalArgumentException("a channel block has at least 1 channel, not " + channelBlock);
        }
        implementations = Collections.unmodifiableMap(new TreeMap<>(implementations));
    }

    /** Every grouped convolution by rule, for the largest channel block. */
    public static ConvPlan byRule() {
        return new ConvPlan(MAX_CHANNEL_BLOCK, Map.of());
    }

    /** The implementation that is chosen for a layer; empty where the rule decides. */
    Optional<ConvImplementation> of(Layer layer) {
        return Optional.ofNullable(implementations.get(layer.name()));
    }

    /** The same implementations with another channel block size. */
    public ConvPlan withChannelBlock(int channels) {
        return new ConvPlan(channels, implementations);
    }

    /** The same plan with another implementation for the layers of these names. */
    public ConvPlan with(Collection<String> layers, ConvImplementation implementation) {
        Map<String, ConvImplementation> changed = new TreeMap<>(implementations);
        layers.forEach(layer -> changed.put(layer, implementation));
        return new ConvPlan(channelBlock, changed);
    }

    /**
     * Convolutions that are alike: the same kernel, groups and pixels, and the same surroundings.
     *
     * @param description for a person: {@code 3x3 in 4 groups at 8x8 pixels}
     * @param layers their names
     * @param candidates implementations that they can have
     */
    public record Site(String description, List<String> layers, List<ConvImplementation> candidates) {
        public Site {
            layers = List.copyOf(layers);
            candidates = List.copyOf(candidates);
        }
    }

    /**
     * The convolutions of a model, once converted, whose implementation can be chosen.
     *
     * @throws IllegalArgumentException if a learned group convolution is not pruned to its end
     */
    public static List<Site> sites(Model model) {
        Network network = new ConvertLearnedGroups().apply(model).network();
        Map<String, List<Layer>> alike = new LinkedHashMap<>();
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof Op.Conv conv && conv.isGrouped()) {
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

    /** Text of a file's metadata: {@code lanes=16,features.conv=dense,...}. */
    public String text() {
        return Stream.concat(
                        Stream.of(CHANNEL_BLOCK + "=" + channelBlock),
                        implementations.entrySet().stream()
                                .map(entry ->
                                        entry.getKey() + "=" + entry.getValue().label()))
                .collect(Collectors.joining(","));
    }

    /**
     * The plan of a {@link #text()}.
     *
     * @throws IllegalArgumentException if it is not such a text; the message has the offending entry
     */
    public static ConvPlan parse(String text) {
        String[] entries = text.split(",", -1);
        Map<String, ConvImplementation> implementations = new TreeMap<>();
        for (String entry : Arrays.asList(entries).subList(1, entries.length)) {
            int equals = entry.lastIndexOf('=');
            if (equals < 1
                    || implementations.put(
                                    entry.substring(0, equals), ConvImplementation.of(entry.substring(equals + 1)))
                            != null) {
                throw new IllegalArgumentException("'" + entry + "' names no layer, or one that is named before it");
            }
        }
        if (!entries[0].matches(CHANNEL_BLOCK + "=[0-9]{1,4}")) {
            throw new IllegalArgumentException("'" + entries[0] + "' is not '" + CHANNEL_BLOCK + "=' and a number");
        }
        return new ConvPlan(Integer.parseInt(entries[0].substring(CHANNEL_BLOCK.length() + 1)), implementations);
    }
}
