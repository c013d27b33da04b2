package dev.kinglet.onnx;

import java.util.HashSet;
import java.util.Set;

/** Names given out so far; each once. */
final class Names {
    private final Set<String> taken = new HashSet<>();

    /** The name that is wanted, if it is still free, or one much like it. */
    String fresh(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name += "_";
        }
        return name;
    }
}
