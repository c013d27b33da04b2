package dev.kinglet.train.metrics;

import dev.kinglet.base.Plural;
import dev.kinglet.network.Card;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The outputs of a network that stand for the classes of a data set.
 *
 * @param outputs those that take part, by index: all but a background the data does not have
 * @param truths for each class of the data, its position in {@code outputs}, or {@link #UNKNOWN}
 * @param labels of the outputs that take part
 * @param note a sentence for people where not every class was matched by its name
 */
public record ClassMap(List<Integer> outputs, List<Integer> truths, List<String> labels, Optional<String> note) {
    /** In {@link #truths}, a class that the network does not know. Its images are counted, and not scored. */
    public static final int UNKNOWN = -1;

    private static final int MAX_NAMED = 5;

    /**
     * Matches classes by name where the network knows any of them; the others are {@link #UNKNOWN}. Where no name fits,
     * but there are as many classes, they are matched by position; by number, if the data's names are the numbers from 0.
     *
     * @throws IllegalArgumentException if no name fits, and there are not as many classes
     */
    public static ClassMap of(Card card, List<String> dataLabels) {
        OptionalInt background = card.background();
        boolean dropped = background.isPresent()
                && dataLabels.size() != card.labels().size()
                && !dataLabels.contains(card.labels().get(background.getAsInt()));
        List<Integer> outputs = IntStream.range(0, card.labels().size())
                .filter(output -> !dropped || output != background.getAsInt())
                .boxed()
                .toList();
        List<String> labels = outputs.stream().map(card.labels()::get).toList();
        List<Integer> truths = byName(labels, dataLabels);
        List<String> unknown = IntStream.range(0, dataLabels.size())
                .filter(label -> truths.get(label) == UNKNOWN)
                .mapToObj(dataLabels::get)
                .toList();
        if (unknown.size() < dataLabels.size()) {
            return new ClassMap(outputs, truths, labels, note(card, dataLabels, unknown));
        }
        if (labels.size() != dataLabels.size()) {
            throw new IllegalArgumentException("the data has " + Plural.of(dataLabels.size(), "class") + ", but "
                    + card.model() + " has " + labels.size() + " and knows none of them by name: the data has "
                    + some(dataLabels) + ", the network " + some(labels));
        }
        boolean numbered = isNumbered(dataLabels);
        List<Integer> positions = IntStream.range(0, labels.size())
                .mapToObj(i -> numbered ? Integer.valueOf(dataLabels.get(i)) : i)
                .toList();
        return new ClassMap(
                outputs,
                positions,
                labels,
                Optional.of(
                        "No class of the data has a name that " + card.model() + " knows, so classes are matched by "
                                + (numbered ? "number" : "position") + ": " + pairs(dataLabels, positions, labels)));
    }

    /** The k-th class of a name is the k-th output of that name, if both have as many of them. */
    private static List<Integer> byName(List<String> labels, List<String> dataLabels) {
        List<Integer> truths = new ArrayList<>();
        for (int i = 0; i < dataLabels.size(); i++) {
            String label = dataLabels.get(i);
            int copies = Collections.frequency(labels, label);
            int position = UNKNOWN;
            if (copies == 1) {
                position = labels.indexOf(label);
            } else if (copies > 1 && copies == Collections.frequency(dataLabels, label)) {
                int before = Collections.frequency(dataLabels.subList(0, i), label);
                position = IntStream.range(0, labels.size())
                        .filter(output -> labels.get(output).equals(label))
                        .skip(before)
                        .findFirst()
                        .orElseThrow();
            }
            truths.add(position);
        }
        return List.copyOf(truths);
    }

    /** Whether the names are the numbers from 0, in any order: sorted as names, 10 comes before 2. */
    private static boolean isNumbered(List<String> dataLabels) {
        return IntStream.range(0, dataLabels.size())
                .mapToObj(Integer::toString)
                .collect(Collectors.toSet())
                .equals(Set.copyOf(dataLabels));
    }

    private static Optional<String> note(Card card, List<String> dataLabels, List<String> unknown) {
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of(card.model() + " does not know " + unknown.size() + " of the "
                        + Plural.of(dataLabels.size(), "class") + " of the data: " + some(unknown)
                        + "; images of " + (unknown.size() == 1 ? "it" : "them") + " are not scored");
    }

    private static String some(List<String> names) {
        return names.stream().limit(MAX_NAMED).map(name -> "'" + name + "'").collect(Collectors.joining(", "))
                + (names.size() > MAX_NAMED ? ", ..." : "");
    }

    private static String pairs(List<String> dataLabels, List<Integer> positions, List<String> labels) {
        return IntStream.range(0, Math.min(MAX_NAMED, labels.size()))
                        .mapToObj(i -> "'" + dataLabels.get(i) + "' is its '" + labels.get(positions.get(i)) + "'")
                        .collect(Collectors.joining(", "))
                + (labels.size() > MAX_NAMED ? ", ..." : "");
    }
}
