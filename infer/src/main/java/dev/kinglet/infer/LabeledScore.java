package dev.kinglet.infer;

import dev.kinglet.network.Card;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Score of one class for an image.
 *
 * @param index of the class among the network's outputs, and in {@link Card#labels()}
 * @param score its softmax over all classes but the background, of logits divided by the card's temperature if it has one, in
 *     [0, 1]
 */
public record LabeledScore(int index, String label, double score) {
    /**
     * The best classes of one image, best first and of equals the lower index first. The card's background class is
     * left out before the softmax, which is in double precision, and its temperature divides the logits.
     *
     * @param logits {@code [card.labels().size()]}
     * @param topK how many; fewer where there are fewer classes
     * @throws IllegalArgumentException if there are not as many logits as labels, or one is not finite
     */
    public static List<LabeledScore> ranked(float[] logits, Card card, int topK) {
        List<String> labels = card.labels();
        if (logits.length != labels.size()) {
            throw new IllegalArgumentException(
                    card.model() + " has " + labels.size() + " classes, but " + logits.length + " logits were given");
        }
        int[] classes = IntStream.range(0, logits.length)
                .filter(i -> i != card.background().orElse(-1))
                .toArray();
        double highest = Double.NEGATIVE_INFINITY;
        for (int i : classes) {
            if (!Float.isFinite(logits[i])) {
                throw new IllegalArgumentException("the logit of class " + i + ", '" + labels.get(i) + "', is "
                        + logits[i] + "; scores need finite ones");
            }
            highest = Math.max(highest, logits[i]);
        }
        double top = highest;
        double temperature = card.temperature().orElse(1);
        double sum = Arrays.stream(classes)
                .mapToDouble(i -> Math.exp((logits[i] - top) / temperature))
                .sum();
        return Arrays.stream(classes)
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> logits[i], Comparator.reverseOrder()))
                .limit(topK)
                .map(i -> new LabeledScore(i, labels.get(i), Math.exp((logits[i] - top) / temperature) / sum))
                .toList();
    }
}
