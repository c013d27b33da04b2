package dev.kinglet.image;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Random streams, each of its own seed: by epoch and image, epoch and batch, or epoch, and by nothing that happened before. */
public final class RandomStreams {
    private static final long ORDER = -1;
    private static final long BATCHES = -2;
    private static final int FLIPS = -3; // in the place of an epoch

    private RandomStreams() {}

    /** @throws IllegalArgumentException if it is not in [0, 1] */
    public static void requireProbability(double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("a probability lies in [0, 1], not at " + probability);
        }
    }

    /** The stream of one image in one epoch. */
    public static RandomGenerator ofImage(long seed, int epoch, int index) {
        return new SplittableRandom(mix(mix(mix(seed) + epoch) + index));
    }

    /**
     * Whether an image is flipped in an epoch, where flips alternate: in epoch 0 by a draw of its own, in each further epoch
     * the opposite of the one before.
     */
    public static boolean isFlipped(long seed, int epoch, int index) {
        return ofImage(seed, FLIPS, index).nextBoolean() ^ epoch % 2 == 1;
    }

    /** The stream that the order of one epoch is drawn from. */
    public static RandomGenerator ofOrder(long seed, int epoch) {
        return new SplittableRandom(mix(mix(mix(seed) + epoch) + ORDER));
    }

    /** The stream of one batch in one epoch. */
    public static RandomGenerator ofBatch(long seed, int epoch, int number) {
        return new SplittableRandom(mix(mix(mix(mix(seed) + epoch) + BATCHES) + number));
    }

    /** The numbers from 0 to {@code size}, shuffled for one epoch. */
    public static int[] order(long seed, int epoch, int size) {
        return permutation(size, ofOrder(seed, epoch));
    }

    /** The numbers from 0 to {@code size}, shuffled (Fisher and Yates). */
    public static int[] permutation(int size, RandomGenerator random) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        return order;
    }

    /**
     * As many numbers as there are labels, for one epoch, in which every class comes equally often, give or take one: in
     * rounds of one image per class, the classes of a round in an order of its own. A class begins anew, shuffled again,
     * when its images are used up.
     *
     * @param labels class by number
     */
    public static int[] balanced(long seed, int epoch, int[] labels) {
        RandomGenerator random = ofOrder(seed, epoch);
        List<Draws> classes = new ArrayList<>();
        List<List<Integer>> members = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            while (members.size() <= labels[i]) {
                members.add(new ArrayList<>());
            }
            members.get(labels[i]).add(i);
        }
        for (List<Integer> images : members) {
            if (!images.isEmpty()) {
                classes.add(
                        new Draws(images.stream().mapToInt(Integer::intValue).toArray(), random));
            }
        }
        int[] order = new int[labels.length];
        int done = 0;
        while (done < order.length) {
            for (int each : permutation(classes.size(), random)) {
                if (done < order.length) {
                    order[done++] = classes.get(each).next();
                }
            }
        }
        return order;
    }

    /** The images of a class, over and over. */
    private static final class Draws {
        private final int[] images;
        private final RandomGenerator random;
        private int[] order;
        private int next;

        Draws(int[] images, RandomGenerator random) {
            this.images = images;
            this.random = random;
            this.order = permutation(images.length, random);
        }

        int next() {
            if (next == order.length) {
                order = permutation(images.length, random);
                next = 0;
            }
            return images[order[next++]];
        }
    }

    /** Spreads neighboring numbers over all 64 bits (the finalizer of SplitMix64; Steele, Lea and Flood, 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
