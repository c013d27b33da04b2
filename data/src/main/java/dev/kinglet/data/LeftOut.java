package dev.kinglet.data;

import dev.kinglet.base.Plural;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Numbers of files in folders of classes that are not named as images of a format that can be decoded, by their endings in
 * lower case with the dot; the ending is empty for names without one. Hidden files do not count.
 */
record LeftOut(Map<String, Integer> endings) {
    public LeftOut {
        endings = Map.copyOf(endings);
    }

    static LeftOut none() {
        return new LeftOut(Map.of());
    }

    /** The sums of these numbers and others. */
    LeftOut and(LeftOut others) {
        Map<String, Integer> sum = new TreeMap<>(endings);
        others.endings.forEach((ending, files) -> sum.merge(ending, files, Integer::sum));
        return new LeftOut(sum);
    }

    /** The number of files. */
    public int files() {
        return endings.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** {@code 12 files left out: 10 .heic, 2 .tiff}; the most frequent ending first. */
    @Override
    public String toString() {
        return Plural.of(files(), "file") + " left out" + (endings.isEmpty() ? "" : ": ")
                + endings.entrySet().stream()
                        .sorted(Comparator.comparing((Map.Entry<String, Integer> each) -> -each.getValue())
                                .thenComparing(Map.Entry::getKey))
                        .map(each ->
                                each.getValue() + " " + (each.getKey().isEmpty() ? "without an ending" : each.getKey()))
                        .collect(Collectors.joining(", "));
    }
}
