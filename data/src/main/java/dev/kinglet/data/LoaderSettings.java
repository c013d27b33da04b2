package dev.kinglet.data;

/**
 * How a {@link Loader} makes batches.
 *
 * @param batchSize images in a batch
 * @param repeats how often an image comes in a row, each time augmented differently; the epoch keeps its length, so that
 *     it has fewer different images (repeated augmentation, Hoffer et al., 2020)
 * @param seed of the order and of the random transforms
 * @param workers data-loader threads; batches do not depend on their number
 * @param alternatingFlips whether images are flipped horizontally in every other epoch, each image from the first or the second one
 *     on, as {@link dev.kinglet.image.RandomStreams#isFlipped} says
 * @param shard the batches of the epoch that are loaded
 */
public record LoaderSettings(
        int batchSize,
        Order order,
        int repeats,
        Last last,
        long seed,
        int workers,
        boolean alternatingFlips,
        Shard shard) {
    /**
     * Every {@code count}-th batch of an epoch, from batch {@code index} on: the part of one of {@code count} processes. All
     * parts together are the batches that one process would load.
     */
    public record Shard(int index, int count) {
        /** All batches. */
        public static final Shard ALL = new Shard(0, 1);

        public Shard {
            if (count < 1 || index < 0 || index >= count) {
                throw new IllegalArgumentException("a shard is one of 0 to count - 1, not " + index + " of " + count);
            }
        }

        /** How many of the epoch's batches before {@code batch} are in it; the place of {@code batch} if it is in it too. */
        int before(int batch) {
            return Math.max(0, (batch - index + count - 1) / count);
        }

        /** The batch of the epoch at a place of the shard. */
        int batch(int place) {
            return place * count + index;
        }
    }

    /** Order of the images in an epoch. */
    public enum Order {
        /** The order of the data set. */
        SEQUENTIAL,
        /** A random order for each epoch. */
        SHUFFLED,
        /**
         * As many images as the data set has, but equally many of every class: those of small classes come several times in
         * an epoch, some of large classes not at all.
         */
        BALANCED
    }

    /** Treatment of the last, smaller batch of an epoch. */
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
        this(batchSize, order, 1, last, seed, workers, false, Shard.ALL);
    }

    /** Shuffled, in whole batches only. */
    public static LoaderSettings training(int batchSize, long seed, int workers) {
        return new LoaderSettings(batchSize, Order.SHUFFLED, Last.DROP, seed, workers);
    }

    /** The same settings with another order. */
    public LoaderSettings withOrder(Order other) {
        return new LoaderSettings(batchSize, other, repeats, last, seed, workers, alternatingFlips, shard);
    }

    /** The same settings with another number of repeats. */
    public LoaderSettings withRepeats(int times) {
        return new LoaderSettings(batchSize, order, times, last, seed, workers, alternatingFlips, shard);
    }

    /** The same settings with flips that alternate, or without. */
    public LoaderSettings withAlternatingFlips(boolean alternating) {
        return new LoaderSettings(batchSize, order, repeats, last, seed, workers, alternating, shard);
    }

    /** The same settings for a part of the batches. */
    public LoaderSettings withShard(Shard part) {
        return new LoaderSettings(batchSize, order, repeats, last, seed, workers, alternatingFlips, part);
    }

    /** Every image once, in order. */
    public static LoaderSettings evaluation(int batchSize, int workers) {
        return new LoaderSettings(batchSize, Order.SEQUENTIAL, Last.KEEP, 0, workers);
    }
}
