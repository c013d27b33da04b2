package dev.kinglet.data;

/**
 * How a {@link Loader} makes batches.
 *
 * @param batchSize images in a batch
 * @param repeats how often an image comes in a row, changed another way each time; an epoch has as many images as
 *     before, and so only one in so many different ones (repeated augmentation, Hoffer et al., 2020)
 * @param seed of the order and of everything random in a pipeline
 * @param workers threads that read and decode; batches do not depend on how many
 */
public record LoaderSettings(int batchSize, Order order, int repeats, Last last, long seed, int workers) {
    /** In which order images come. */
    public enum Order {
        /** As the data set has them. */
        SEQUENTIAL,
        /** In an order of each epoch's own. */
        SHUFFLED,
        /**
         * As many as there are, but every class equally often: images of small classes come several times in an epoch,
         * some of large ones not at all.
         */
        BALANCED
    }

    /** What becomes of the images that are left when there are too few for a batch. */
    public enum Last {
        KEEP,
        DROP
    }

    public LoaderSettings {
        if (batchSize < 1) {
            throw new IllegalArgumentException("a batch has at least 1 image, not " + batchSize);
        }
        if (repeats < 1) {
            throw new IllegalArgumentException("an image comes at least once, not " + repeats + " times");
        }
        if (workers < 1) {
            throw new IllegalArgumentException("at least 1 worker is needed, not " + workers);
        }
    }

    public LoaderSettings(int batchSize, Order order, Last last, long seed, int workers) {
        this(batchSize, order, 1, last, seed, workers);
    }

    /** Shuffled, in whole batches only. */
    public static LoaderSettings training(int batchSize, long seed, int workers) {
        return new LoaderSettings(batchSize, Order.SHUFFLED, Last.DROP, seed, workers);
    }

    /** The same with another order. */
    public LoaderSettings withOrder(Order other) {
        return new LoaderSettings(batchSize, other, repeats, last, seed, workers);
    }

    /** The same with each image so often in a row. */
    public LoaderSettings withRepeats(int times) {
        return new LoaderSettings(batchSize, order, times, last, seed, workers);
    }

    /** Every image once, in order. */
    public static LoaderSettings evaluation(int batchSize, int workers) {
        return new LoaderSettings(batchSize, Order.SEQUENTIAL, Last.KEEP, 0, workers);
    }
}
