package dev.kinglet.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Named arrays in a fixed order: the state of a network, or the content of a weight file. The map is immutable. */
public final class Tensors {
    private final Map<String, NdArray> byName;

    /** Copies the map, not the arrays. */
    public Tensors(Map<String, ? extends NdArray> byName) {
        this.byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
    }

    /** The names, in order. */
    public Set<String> names() {
        return byName.keySet();
    }

    /** The arrays by name, in order. */
    public Map<String, NdArray> asMap() {
        return byName;
    }

    /** Whether there is an array of this name. */
    public boolean has(String name) {
        return byName.containsKey(name);
    }

    /** @throws IllegalArgumentException if there is none of that name */
    public NdArray get(String name) {
        NdArray array = byName.get(name);
        if (array == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "' among these " + byName.size());
        }
        return array;
    }

    /**
     * Values of a float array; not a copy.
     *
     * @throws IllegalArgumentException if it is absent or holds integers
     */
    public float[] floats(String name) {
        NdArray array = get(name);
        if (array instanceof NdArray.Floats floats) {
            return floats.values();
        }
        throw new IllegalArgumentException("'" + name + "' is " + array + ", not float32");
    }

    /**
     * Values of an integer array; not a copy.
     *
     * @throws IllegalArgumentException if it is absent or holds floats
     */
    public long[] longs(String name) {
        NdArray array = get(name);
        if (array instanceof NdArray.Longs longs) {
            return longs.values();
        }
        throw new IllegalArgumentException("'" + name + "' is " + array + ", not int64");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensors o && byName.equals(o.byName);
    }

    @Override
    public int hashCode() {
        return byName.hashCode();
    }

    @Override
    public String toString() {
        return byName.size() + " tensors";
    }
}
