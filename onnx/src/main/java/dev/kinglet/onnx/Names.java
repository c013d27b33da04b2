package dev.kinglet.onnx;

import java.util.HashSet;
import java.util.Set;

/** Unique names. */
final class Names {
    private final Set<String> taken = new HashSet<>();

    /** The wanted name if it is still free, or the same with underscores after it. */
    String fresh(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name += "_";
        }
        return name;
    }
}
