package dev.kinglet.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The blocks of a network in the order of its state: what its authors numbered, as far as the names in their state dict show.
 * Layers belong together if their names agree up to the first part that ends in a digit ({@code features.3},
 * {@code layer2}, {@code features.denseblock1}); normalization alone belongs to the block before it. The last layer with
 * weights, the head, is a block of its own, the last one.
 */
public final class Blocks {
    private static final Pattern NUMBERED = Pattern.compile("^.*?[0-9](?=\\.|$)");

    private final Map<String, Integer> indices = new LinkedHashMap<>(); // by layer name
    private final int count;

    private Blocks(Network network) {
        String head = network.head().name();
        String block = "";
        int index = -1;
        for (StateEntry entry : network.state()) {
            String layer = entry.layer().name();
            if (layer.equals(head) || indices.containsKey(layer)) {
                continue;
            }
            String own = nameOf(layer);
            boolean isNorm = entry.layer().op() instanceof Op.BatchNorm;
            if (index < 0 || (!own.equals(block) && !isNorm)) {
                index++;
                block = own;
            }
            indices.put(layer, index);
        }
        indices.put(head, index + 1);
        count = index + 2;
    }

    /** The blocks of a network. */
    public static Blocks of(Network network) {
        return new Blocks(network);
    }

    private static String nameOf(String layer) {
        Matcher numbered = NUMBERED.matcher(layer);
        return numbered.find() ? numbered.group() : layer;
    }

    /** Number of blocks, the head included. */
    public int count() {
        return count;
    }

    /**
     * Position of a layer's block.
     *
     * @throws IllegalArgumentException if it is not a layer with tensors of this network
     */
    public int indexOf(Layer layer) {
        Integer index = indices.get(layer.name());
        if (index == null) {
            throw new IllegalArgumentException("'" + layer.name() + "' is no layer with weights of this network");
        }
        return index;
    }
}
