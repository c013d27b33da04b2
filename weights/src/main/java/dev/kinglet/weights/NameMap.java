package dev.kinglet.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A way to read a file's names as those of a network. The maps of {@link #ALL} are tried in order, and the first under
 * which most of a network's names are found is taken; a new dialect of names is one more map.
 */
@FunctionalInterface
interface NameMap {
    /** The file's names are the network's. */
    NameMap AS_IT_IS = List::of;

    /**
     * The names of Paddle's article on HarDNet. A convolution and its normalization are a sequence {@code conv_bn} there,
     * whether the authors call the convolution {@code conv} or {@code dwconv}, and the head, which the authors nest as the
     * fourth layer of the last block, {@code base.16.3}, stands beside the three before it, as {@code base.19}.
     */
    NameMap HARDNET_ARTICLE = new NameMap() {
        private static final int BEFORE_HEAD = 3; // pool, flatten and dropout
        private static final Pattern HEAD = Pattern.compile("((?:.*\\.)?base\\.)(\\d{1,4})\\.(weight|bias)");

        @Override
        public List<String> readings(String name) {
            Matcher head = HEAD.matcher(name);
            if (head.matches()) {
                int block = Integer.parseInt(head.group(2)) - BEFORE_HEAD;
                return List.of(head.group(1) + block + "." + BEFORE_HEAD + "." + head.group(3), name);
            }
            List<String> readings = new ArrayList<>();
            if (name.contains(".conv_bn.0.")) {
                readings.add(name.replace(".conv_bn.0.", ".conv."));
                readings.add(name.replace(".conv_bn.0.", ".dwconv."));
            }
            if (name.contains(".conv_bn.1.")) {
                readings.add(name.replace(".conv_bn.1.", ".norm."));
            }
            readings.add(name);
            return readings;
        }
    };

    /** In the order in which they are tried. */
    List<NameMap> ALL = List.of(AS_IT_IS, HARDNET_ARTICLE);

    /** The names that a name of the file may stand for in the network, likeliest first; never empty. */
    List<String> readings(String name);
}
