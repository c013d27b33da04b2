package dev.kinglet.weights;

import dev.kinglet.network.Network;
import dev.kinglet.network.StateEntry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dialect: how another program names and shapes the tensors of a network. It is written from the network's side, so that
 * one map serves both ways: files are written by it, and read by its inverse over the names that a network has. Reading
 * tries the maps of {@link #ALL} in order and takes the first under which most of a network's names are found.
 */
@FunctionalInterface
interface NameMap {
    /** The names of the authors' release, or of torchvision, which are the network's own. */
    NameMap AS_IT_IS = name -> name;

    /**
     * The names of Paddle's article on HarDNet. A convolution and its normalization are a sequence {@code conv_bn} there,
     * whether the authors call the convolution {@code conv} or {@code dwconv}, and the head, which the authors nest as the
     * fourth layer of the last block, {@code base.16.3}, stands beside the three before it, as {@code base.19}.
     */
    NameMap HARDNET_ARTICLE = new NameMap() {
        private static final int BEFORE_HEAD = 3; // pool, flatten and dropout
        private static final Pattern HEAD = Pattern.compile("base\\.(\\d{1,4})\\.3\\.(weight|bias)");

        @Override
        public String dialectName(String name) {
            Matcher head = HEAD.matcher(name);
            if (head.matches()) {
                return "base." + (Integer.parseInt(head.group(1)) + BEFORE_HEAD) + "." + head.group(2);
            }
            return name.replaceFirst("\\.(dw)?conv\\.", ".conv_bn.0.").replaceFirst("\\.norm\\.", ".conv_bn.1.");
        }
    };

    /**
     * The names of timm, where they differ from those of torchvision and the authors: MobileNetV2's, and VGG's linear
     * layers, of which the hidden ones are convolutions over the whole map there. ResNet's and GhostNet's are the same.
     */
    NameMap TIMM = new NameMap() {
        /** Blocks in each stage of MobileNetV2 (table 2 of its paper), which torchvision numbers through and timm does not. */
        private static final int[] BLOCKS = {1, 2, 3, 4, 3, 3, 1};

        /** The first block has no expansion. */
        private static final Map<String, String> FIRST_BLOCK =
                Map.of("0.0", "conv_dw", "0.1", "bn1", "1", "conv_pw", "2", "bn2");

        private static final Map<String, String> BLOCK =
                Map.of("0.0", "conv_pw", "0.1", "bn1", "1.0", "conv_dw", "1.1", "bn2", "2", "conv_pwl", "3", "bn3");

        private static final String FIRST_HIDDEN = "classifier.0"; // of VGG
        private static final String SECOND_HIDDEN = "classifier.3";
        private static final int POOLED = 7; // pixels; the side of the map that VGG's linear layers take

        private final Map<String, String> layers = layers();

        private static Map<String, String> layers() {
            Map<String, String> layers = new HashMap<>(Map.of(
                    "features.0.0",
                    "conv_stem",
                    "features.0.1",
                    "bn1",
                    "features.18.0",
                    "conv_head",
                    "features.18.1",
                    "bn2",
                    "classifier.1",
                    "classifier",
                    FIRST_HIDDEN,
                    "pre_logits.fc1",
                    SECOND_HIDDEN,
                    "pre_logits.fc2",
                    "classifier.6",
                    "head.fc"));
            int feature = 1;
            for (int stage = 0; stage < BLOCKS.length; stage++) {
                for (int block = 0; block < BLOCKS[stage]; block++) {
                    String features = "features." + feature + ".conv.";
                    String blocks = "blocks." + stage + "." + block + ".";
                    (feature == 1 ? FIRST_BLOCK : BLOCK)
                            .forEach((ours, timms) -> layers.put(features + ours, blocks + timms));
                    feature++;
                }
            }
            return layers;
        }

        @Override
        public String dialectName(String name) {
            int dot = name.lastIndexOf('.');
            String layer = name.substring(0, Math.max(0, dot));
            String other = layers.get(layer);
            return other == null ? name : other + name.substring(dot);
        }

        @Override
        public List<Integer> dialectDims(String name, List<Integer> dims) {
            if (name.equals(FIRST_HIDDEN + ".weight") && dims.size() == 2 && dims.get(1) % (POOLED * POOLED) == 0) {
                return List.of(dims.get(0), dims.get(1) / (POOLED * POOLED), POOLED, POOLED);
            }
            return name.equals(SECOND_HIDDEN + ".weight") && dims.size() == 2
                    ? List.of(dims.get(0), dims.get(1), 1, 1)
                    : dims;
        }
    };

    /** In the order in which they are tried. */
    List<NameMap> ALL = List.of(AS_IT_IS, HARDNET_ARTICLE, TIMM);

    /** The dialect's name of one of a network's tensors. */
    String dialectName(String name);

    /** The dimensions in which the dialect keeps that tensor: the same number of elements in the same order. */
    default List<Integer> dialectDims(String name, List<Integer> dims) {
        return dims;
    }

    /** A network's tensors by the dialect's names, in the network's order. */
    default Map<String, StateEntry> entries(Network network) {
        Map<String, StateEntry> entries = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            entries.putIfAbsent(dialectName(entry.name()), entry);
        }
        return entries;
    }
}
