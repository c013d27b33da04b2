package dev.kinglet.train.metrics;

import dev.kinglet.network.Card;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Which output of a network stands for which class of a data set.
 *
 * @param outputs those that take part, by index: all but a background the data does not have
 * @param truths for each class of the data, its position in {@code outputs}
 * @param labels of the outputs that take part
 */
record ClassMap(List<Integer> outputs, List<Integer> truths, List<String> labels) {
    /**
     * By name where the network knows every class of the data by one name; the data may have fewer. Otherwise one after
     * another.
     *
     * @throws IllegalArgumentException if the data has classes the network does not know, and not as many
     */
    static ClassMap of(Card card, List<String> dataLabels) {
        OptionalInt background = card.background();
        boolean dropped = background.isPresent()
                && dataLabels.size() != card.labels().size()
                && !dataLabels.contains(card.labels().get(background.getAsInt()));
        List<Integer> outputs = IntStream.range(0, card.labels().size())
                .filter(output -> !dropped || output != background.getAsInt())
                .boxed()
                .toList();
        List<String> labels = outputs.stream().map(card.labels()::get).toList();
        boolean named = dataLabels.stream().allMatch(label -> Collections.frequency(labels, label) == 1);
        if (!named && labels.size() != dataLabels.size()) {
            throw new IllegalArgumentException("the data has " + dataLabels.size() + " classes, but " + card.model()
                    + " tells " + labels.size() + " apart and does not know all of them by name; '"
                    + dataLabels.stream()
                            .filter(label -> !labels.contains(label))
                            .findFirst()
                            .orElse("")
                    + "' is not one of its labels");
        }
        List<Integer> truths = IntStream.range(0, dataLabels.size())
                .map(label -> named ? labels.indexOf(dataLabels.get(label)) : label)
                .boxed()
                .toList();
        return new ClassMap(outputs, truths, labels);
    }
}
