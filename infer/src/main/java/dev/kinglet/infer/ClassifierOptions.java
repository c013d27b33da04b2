package dev.kinglet.infer;

import dev.kinglet.image.ImageLimits;
import java.util.Optional;

/**
 * How a {@link Classifier} works.
 *
 * @param sessions how many calls may run at once; each has one thread, its caller's, and a copy of the weights
 * @param topK how many classes an answer names, best first; fewer where there are fewer
 * @param imageLimits how large an image may be
 * @param warmUp whether opening makes every session and runs an image through each, the decoder included, so that no
 *     call pays for what only a first one needs; else a session is made when it is first needed
 * @param listener hears of every call; nothing is measured where there is none
 */
public record ClassifierOptions(
        int sessions, int topK, ImageLimits imageLimits, boolean warmUp, Optional<ClassifierListener> listener) {
    public ClassifierOptions {
        if (sessions < 1 || topK < 1) {
            throw new IllegalArgumentException(
                    "sessions and topK are at least 1, not sessions=" + sessions + ", topK=" + topK);
        }
    }

    /** A session for each processor, the best five classes, {@link ImageLimits#defaults()}, no warm-up, no listener. */
    public static ClassifierOptions defaults() {
        return new ClassifierOptions(
                Runtime.getRuntime().availableProcessors(), 5, ImageLimits.defaults(), false, Optional.empty());
    }

    public ClassifierOptions withSessions(int count) {
        return new ClassifierOptions(count, topK, imageLimits, warmUp, listener);
    }

    public ClassifierOptions withTopK(int classes) {
        return new ClassifierOptions(sessions, classes, imageLimits, warmUp, listener);
    }

    public ClassifierOptions withImageLimits(ImageLimits limits) {
        return new ClassifierOptions(sessions, topK, limits, warmUp, listener);
    }

    public ClassifierOptions withWarmUp() {
        return new ClassifierOptions(sessions, topK, imageLimits, true, listener);
    }

    public ClassifierOptions withListener(ClassifierListener hearer) {
        return new ClassifierOptions(sessions, topK, imageLimits, warmUp, Optional.of(hearer));
    }
}
