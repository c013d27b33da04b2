package dev.kinglet.infer;

import dev.kinglet.data.ImageLimits;

/**
 * How a {@link Classifier} works.
 *
 * @param sessions how many calls may run at once; each has one thread, its caller's, and a copy of the weights
 * @param topK how many classes an answer names, best first; fewer where there are fewer
 * @param imageLimits how large a picture may be
 */
public record ClassifierOptions(int sessions, int topK, ImageLimits imageLimits) {
    public ClassifierOptions {
        if (sessions < 1 || topK < 1) {
            throw new IllegalArgumentException(
                    "sessions and topK are at least 1, not sessions=" + sessions + ", topK=" + topK);
        }
    }

    /** A session for each processor, the best five classes, {@link ImageLimits#standard()}. */
    public static ClassifierOptions standard() {
        return new ClassifierOptions(Runtime.getRuntime().availableProcessors(), 5, ImageLimits.standard());
    }

    public ClassifierOptions withSessions(int count) {
        return new ClassifierOptions(count, topK, imageLimits);
    }

    public ClassifierOptions withTopK(int classes) {
        return new ClassifierOptions(sessions, classes, imageLimits);
    }

    public ClassifierOptions withImageLimits(ImageLimits limits) {
        return new ClassifierOptions(sessions, topK, limits);
    }
}
