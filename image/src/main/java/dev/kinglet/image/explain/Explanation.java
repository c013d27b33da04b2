package dev.kinglet.image.explain;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network's answer to one image, with maps of where it found some of the classes.
 *
 * @param logits of all classes, {@code [classes]}; not a copy
 * @param maps by class index, in the order in which the classes were chosen
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Explanation(float[] logits, Map<Integer, HeatMap> maps) {
    public Explanation {
        maps = Collections.unmodifiableMap(new LinkedHashMap<>(maps));
    }

    /**
     * The map of one class.
     *
     * @throws IllegalArgumentException if it was not chosen
     */
    public HeatMap map(int index) {
        HeatMap map = maps.get(index);
        if (map == null) {
            throw new IllegalArgumentException(
                    "there is no map of class " + index + " among those of " + maps.keySet());
        }
        return map;
    }
}
