package dev.kinglet.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tells images of none of a network's classes: those whose score is below a threshold.
 *
 * @param score computed of an image's logits, the background class left out
 * @param threshold images with a lower score are rejected
 * @param rate fraction of images of the network's classes that the threshold rejected when it was chosen, in [0, 1)
 */
public record Rejection(Score score, double threshold, double rate) {
    private static final String SCORE = "unknown_score";
    private static final String THRESHOLD = "unknown_threshold";
    private static final String RATE = "unknown_reject_rate";

    /** Scores that are high for images of the classes that a network was trained on. */
    public enum Score {
        /** The negative free energy at temperature 1, {@code log(sum(exp(logits)))} (Liu et al., 2020, equation 4). */
        ENERGY("energy") {
            @Override
            public double of(float[] logits) {
                return Logits.logSumExp(logits);
            }
        },
        /** The highest logit (Hendrycks et al., 2022). */
        MAX_LOGIT("max-logit") {
            @Override
            public double of(float[] logits) {
                return logits[Logits.argmax(logits)];
            }
        };

        private final String key;

        Score(String key) {
            this.key = key;
        }

        /** Its name in files and options. */
        public String key() {
            return key;
        }

        /**
         * The score of one image.
         *
         * @param logits of all classes but the background
         */
        public abstract double of(float[] logits);

        /**
         * The score of a name.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Score of(String key) {
            for (Score score : values()) {
                if (score.key.equals(key)) {
                    return score;
                }
            }
            throw new IllegalArgumentException(
                    "'" + key + "' is no score of unknown images; it is " + ENERGY.key + " or " + MAX_LOGIT.key);
        }

        @Override
        public String toString() {
            return key;
        }
    }

    public Rejection {
        if (!Double.isFinite(threshold)) {
            throw new IllegalArgumentException("the threshold of unknown images is a number, not " + threshold);
        }
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("the rate of rejected images is in [0, 1), not " + rate);
        }
    }

    /**
     * Whether an image is of none of the classes.
     *
     * @param logits of all classes but the background
     */
    public boolean rejects(float[] logits) {
        return score.of(logits) < threshold;
    }

    Map<String, String> toMetadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(SCORE, score.key);
        metadata.put(THRESHOLD, Double.toString(threshold));
        metadata.put(RATE, Double.toString(rate));
        return metadata;
    }

    /**
     * That of a file's metadata entries, if they have one.
     *
     * @throws IllegalArgumentException if an entry cannot be read
     */
    static Optional<Rejection> fromMetadata(Map<String, String> metadata) {
        String score = metadata.get(SCORE);
        String threshold = metadata.get(THRESHOLD);
        if (score == null || threshold == null) {
            return Optional.empty();
        }
        return Optional.of(new Rejection(
                Score.of(score), Double.parseDouble(threshold), Double.parseDouble(metadata.getOrDefault(RATE, "0"))));
    }
}
