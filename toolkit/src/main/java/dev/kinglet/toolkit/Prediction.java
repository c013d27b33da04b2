package dev.kinglet.toolkit;

import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Card;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer for one image, or the reason why there is none. */
public final class Prediction {
    private final String source;
    private final Card card;
    private final float @Nullable [] logits;
    private final String error;

    private Prediction(String source, Card card, float @Nullable [] logits, String error) {
        this.source = source;
        this.card = card;
        this.logits = logits;
        this.error = error;
    }

    /** The answer that logits give; none if one of them is not finite, as scores are not either then. */
    static Prediction of(String source, Card card, float[] logits) {
        for (int i = 0; i < logits.length; i++) {
            if (!Float.isFinite(logits[i])) {
                return failed(
                        source,
                        card,
                        source + ": the logit of class " + i + ", '"
                                + card.labels().get(i) + "', is " + logits[i]
                                + "; the network's weights are damaged, or those of a training that diverged");
            }
        }
        return new Prediction(source, card, logits, "");
    }

    static Prediction failed(String source, Card card, String error) {
        return new Prediction(source, card, null, error);
    }

    /** The image: its file, or its place in an array. */
    public String source() {
        return source;
    }

    /** Whether the image could be read, and the network's logits are finite. */
    public boolean isAnswered() {
        return logits != null;
    }

    /** Why there is no answer; empty if there is one. */
    public String error() {
        return error;
    }

    /**
     * One logit per output of the network, a background class included.
     *
     * @throws IllegalStateException if there is no answer
     */
    public float[] logits() {
        if (logits == null) {
            throw new IllegalStateException(error);
        }
        return logits.clone();
    }

    /**
     * Whether the image is of none of the classes, by the card's rejection; false if it has none.
     *
     * @throws IllegalStateException if there is no answer
     */
    public boolean isUnknown() {
        return card.isUnknown(logits());
    }

    /**
     * The classes with the highest scores (softmax), the best first, without a background class.
     *
     * @param count of classes at most
     * @throws IllegalStateException if there is no answer
     */
    public List<LabeledScore> best(int count) {
        return LabeledScore.ranked(logits(), card, count);
    }
}
