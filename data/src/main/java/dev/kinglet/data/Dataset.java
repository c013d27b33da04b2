package dev.kinglet.data;

import dev.kinglet.image.Image;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import java.util.List;

/** Labeled images by index, from 0. Safe for use by several threads at once. */
public interface Dataset {
    /** Class names by class index. */
    List<String> labels();

    /** Number of images. */
    int size();

    /** Class index of an image, in {@code [0, labels().size())}. */
    int label(int index);

    /** Name of an image in messages and lists: its path relative to the data folder, or archive and number. */
    String name(int index);

    /**
     * Reads and decodes an image.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    RgbImage image(int index) throws ImageException;

    /**
     * An image that is decoded when its pixels are asked for, and may be decoded at a reduced size; already decoded if the
     * data set holds decoded images.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    default Image open(int index) throws ImageException {
        return image(index);
    }

    /** Whether images are in memory already, so that a cache gains nothing. */
    default boolean isInMemory() {
        return false;
    }

    /**
     * All indices in the order of one epoch, which depends only on seed and epoch. A data set that is faster to read
     * sequentially returns a nearly sequential order.
     */
    default int[] shuffled(long seed, int epoch) {
        return RandomStreams.order(seed, epoch, size());
    }
}
