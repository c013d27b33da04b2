package dev.kinglet.data;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Generators that depend on what they are for, and on nothing that happened before. */
final class Chance {
    private static final long ORDER = -1;
    private static final long BATCHES = -2;

    private Chance() {}

    /** For one picture in one epoch. */
    static RandomGenerator ofPicture(long seed, int epoch, int index) {
        return new SplittableRandom(mix(mix(mix(seed) + epoch) + index));
    }

    /** For one batch in one epoch. */
    static RandomGenerator ofBatch(long seed, int epoch, int number) {
        return new SplittableRandom(mix(mix(mix(mix(seed) + epoch) + BATCHES) + number));
    }

    /** The numbers from 0 to {@code size}, shuffled for one epoch (Fisher and Yates). */
    static int[] order(long seed, int epoch, int size) {
        RandomGenerator random = new SplittableRandom(mix(mix(mix(seed) + epoch) + ORDER));
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        return order;
    }

    /** Spreads neighbouring numbers over all 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood, 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
