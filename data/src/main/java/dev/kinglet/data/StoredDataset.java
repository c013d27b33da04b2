package dev.kinglet.data;

import dev.kinglet.image.ImageException;
import java.util.List;

/** A data set whose images lie on a disk, so that their sizes are known without reading them. */
interface StoredDataset extends Dataset {
    /** Size of an image as it is stored. */
    long bytes(int index);

    /**
     * An image as an encoded file; not decoded.
     *
     * @throws ImageException if it cannot be read, or is larger than allowed
     */
    byte[] encoded(int index) throws ImageException;

    /**
     * An image's bytes without encoding anything: the encoded file, or the pixels of an image that is stored as such.
     *
     * @throws ImageException if it cannot be read, or is larger than allowed
     */
    default byte[] content(int index) throws ImageException {
        return encoded(index);
    }

    /** A data set that can be split by the positions of its images in their classes. */
    interface Splittable extends StoredDataset {
        /** The images whose position in their class, from 0, is wanted; the classes stay. */
        Splittable where(Position wanted);
    }

    /** A choice of images by their place in their class. */
    @FunctionalInterface
    interface Position {
        /**
         * @param position of an image among those of its class, from 0
         * @param images of the class
         */
        boolean isWanted(int position, int images);
    }

    /** A data set whose classes are numbers only, until they are given names. */
    interface Numbered extends StoredDataset {
        /** The highest class that occurs, and one. */
        int classes();

        /** The same images; classes have these names. */
        Numbered withLabels(List<String> names);
    }
}
