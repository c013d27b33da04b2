package dev.kinglet.infer;

import dev.kinglet.image.ImageLimits;
import java.util.Optional;

/**
 * Settings of a {@link Classifier}.
 *
 * @param sessions how many calls may run at once; each has one thread, its caller's, and working memory
 * @param topK how many classes an answer names, best first; fewer where there are fewer
 * @param imageLimits how large an image may be
 * @param warmUp whether opening creates every session and runs one image through each, the decoder included, so that no
 *     call pays for initialization; otherwise a session is created when it is first needed
 * @param listener notified of every call; without one nothing is measured
 * @param rawScores whether scores are the softmax of the logits themselves, and no image is unknown, whatever the file's card
 *     says of temperature and rejection
 */
public record ClassifierOptions(
        int sessions,
        int topK,
        ImageLimits imageLimits,
        boolean warmUp,
        Optional<ClassifierListener> listener,
        boolean rawScores) {
    public ClassifierOptions {
        if (sessions < 1 || topK < 1) {
            throw new IllegalArgumentException(
                    "sessions and topK are at least 1, not sessions=" + sessions + ", topK=" + topK);
        }
    }

    /** A session for each processor, the best five classes, {@link ImageLimits#defaults()}, no warm-up, no listener. */
    public static ClassifierOptions defaults() {
        return new ClassifierOptions(
                Runtime.getRuntime().availableProcessors(), 5, ImageLimits.defaults(), false, Optional.empty(), false);
    }

    public ClassifierOptions withSessions(int count) {
        return new ClassifierOptions(count, topK, imageLimits, warmUp, listener, rawScores);
    }

    public ClassifierOptions withTopK(int classes) {
        return new ClassifierOptions(sessions, classes, imageLimits, warmUp, listener, rawScores);
    }

    public ClassifierOptions withImageLimits(ImageLimits limits) {
        return new ClassifierOptions(sessions, topK, limits, warmUp, listener, rawScores);
    }

    public ClassifierOptions withWarmUp() {
        return new ClassifierOptions(sessions, topK, imageLimits, true, listener, rawScores);
    }

    /** With one listener more, which is notified after those there are. */
    public ClassifierOptions withListener(ClassifierListener added) {
        ClassifierListener all = listener.map(first -> first.and(added)).orElse(added);
        return new ClassifierOptions(sessions, topK, imageLimits, warmUp, Optional.of(all), rawScores);
    }

    public ClassifierOptions withRawScores() {
        return new ClassifierOptions(sessions, topK, imageLimits, warmUp, listener, true);
    }
}
