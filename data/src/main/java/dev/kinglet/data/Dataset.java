package dev.kinglet.data;

import java.util.List;

/** Labelled pictures by index, from 0. Safe for use by several threads at once. */
public interface Dataset {
    /** Class names by class index. */
    List<String> labels();

    /** Number of pictures. */
    int size();

    /** Class index of a picture, in {@code [0, labels().size())}. */
    int label(int index);

    /** What to call a picture in messages and lists: its path relative to the data folder, or archive and number. */
    String name(int index);

    /**
     * Reads and decodes a picture.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    RgbImage image(int index) throws ImageException;

    /**
     * A picture that is decoded when its pixels are asked for, so that whoever needs no more than a small one of it can say
     * so; decoded already where a data set has it decoded.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    default Picture picture(int index) throws ImageException {
        return image(index);
    }

    /** Whether pictures are in memory already, so that keeping them a second time gains nothing. */
    default boolean isInMemory() {
        return false;
    }

    /**
     * All indices in the order of one epoch, which depends on seed and epoch and nothing else. A data set that is read
     * faster from front to back has an order that is nearly so.
     */
    default int[] shuffled(long seed, int epoch) {
        return Chance.order(seed, epoch, size());
    }
}
