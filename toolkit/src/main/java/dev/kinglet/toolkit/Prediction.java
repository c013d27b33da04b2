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

    static Prediction of(String source, Card card, float[] logits) {
        return new Prediction(source, card, logits, "");
    }

    static Prediction failed(String source, Card card, String error) {
        return new Prediction(source, card, null, error);
    }

    /** The image: its file, or its place in an array. */
    public String source() {
        return source;
    }

    /** Whether the image could be read. */
    public boolean isAnswered() {
        return logits != null;
    }

    /** Why the image could not be read; empty if it could. */
    public String error() {
        return error;
    }

    /**
     * One logit per output of the network, a background class included.
     *
     * @throws IllegalStateException if the image could not be read
     */
    public float[] logits() {
        if (logits == null) {
            throw new IllegalStateException(error);
        }
        return logits.clone();
    }

    /**
     * The classes with the highest scores (softmax), the best first, without a background class.
     *
     * @param count of classes at most
     * @throws IllegalStateException if the image could not be read
     */
    public List<LabeledScore> best(int count) {
        return LabeledScore.ranked(logits(), card, count);
    }
}
