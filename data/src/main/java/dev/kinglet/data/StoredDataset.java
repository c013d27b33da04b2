package dev.kinglet.data;

import dev.kinglet.image.ImageException;

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
}
