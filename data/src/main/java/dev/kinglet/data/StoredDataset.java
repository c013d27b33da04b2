package dev.kinglet.data;

/** A data set whose pictures lie on a disk, so that their sizes are known without reading them. */
interface StoredDataset extends Dataset {
    /** Size of a picture as it is stored. */
    long bytes(int index);

    /**
     * A picture as an encoded file; not decoded.
     *
     * @throws ImageException if it cannot be read, or is larger than allowed
     */
    byte[] encoded(int index) throws ImageException;
}
