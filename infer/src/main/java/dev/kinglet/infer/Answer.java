package dev.kinglet.infer;

import dev.kinglet.network.Card;
import java.util.List;

/**
 * What a classifier says of one image.
 *
 * @param scores of the best classes, best first
 * @param isUnknown whether the image is of none of the classes, by the card's {@link Card#rejection}; false if it has none
 */
public record Answer(List<LabeledScore> scores, boolean isUnknown) {
    public Answer {
        scores = List.copyOf(scores);
    }

    /**
     * The answer that logits give.
     *
     * @param logits {@code [card.labels().size()]}
     * @param topK how many classes; fewer where there are fewer
     * @throws IllegalArgumentException if there are not as many logits as labels, or one is not finite
     */
    public static Answer of(float[] logits, Card card, int topK) {
        return new Answer(LabeledScore.ranked(logits, card, topK), card.isUnknown(logits));
    }

    /** The best class. */
    public LabeledScore best() {
        return scores.get(0);
    }
}
