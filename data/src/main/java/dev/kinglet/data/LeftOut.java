package dev.kinglet.data;

import dev.kinglet.base.Count;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The files in folders of classes that are not named as images which can be decoded, by the endings of their names in
 * lower case and with the dot; an empty one where there is none. Hidden files are no part of the data, and do not count.
 */
public record LeftOut(Map<String, Integer> endings) {
    public LeftOut {
        endings = Map.copyOf(endings);
    }

    static LeftOut none() {
        return new LeftOut(Map.of());
    }

    /** These and others. */
    LeftOut and(LeftOut others) {
        Map<String, Integer> sum = new TreeMap<>(endings);
        others.endings.forEach((ending, files) -> sum.merge(ending, files, Integer::sum));
        return new LeftOut(sum);
    }

    /** How many there are in all. */
    public int files() {
        return endings.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** {@code 12 files left out: 10 .heic, 2 .tiff}; those there are most of first. */
    @Override
    public String toString() {
        return Count.of(files(), "file") + " left out" + (endings.isEmpty() ? "" : ": ")
                + endings.entrySet().stream()
                        .sorted(Comparator.comparing((Map.Entry<String, Integer> each) -> -each.getValue())
                                .thenComparing(Map.Entry::getKey))
                        .map(each ->
                                each.getValue() + " " + (each.getKey().isEmpty() ? "without an ending" : each.getKey()))
                        .collect(Collectors.joining(", "));
    }
}
