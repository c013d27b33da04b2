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

    /** What to call an image in messages and lists: its path relative to the data folder, or archive and number. */
    String name(int index);

    /**
     * Reads and decodes an image.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    RgbImage image(int index) throws ImageException;

    /**
     * An image that is decoded when its pixels are asked for, so that whoever needs no more than a small one of it can say
     * so; decoded already where a data set has it decoded.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    default Image open(int index) throws ImageException {
        return image(index);
    }

    /** Whether images are in memory already, so that keeping them a second time gains nothing. */
    default boolean isInMemory() {
        return false;
    }

    /**
     * All indices in the order of one epoch, which depends on seed and epoch and nothing else. A data set that is read
     * faster from front to back has an order that is nearly so.
     */
    default int[] shuffled(long seed, int epoch) {
        return RandomStreams.order(seed, epoch, size());
    }
}
