package dev.kinglet.image;

import java.nio.ByteBuffer;

/**
 * Images as a network is fed them, all of one size, before normalization. The loader owns the buffer and fills it
 * again later: a batch is valid until the next one is taken.
 */
public final class Batch {
    private final ByteBuffer pixels;
    private final int imageSize;
    private final int[] labels;
    private final int[] indices;
    private final int[] others;
    private final double share;

    /**
     * Images that are what their labels say.
     *
     * @param pixels direct; {@code [size, imageSize, imageSize, 3]} bytes from position 0, red, green, blue
     * @param imageSize side of each image in pixels
     * @param labels {@code [size]}, class indices
     * @param indices {@code [size]}, where each image stands in its data set
     */
    public Batch(ByteBuffer pixels, int imageSize, int[] labels, int[] indices) {
        this(pixels, imageSize, labels, indices, labels, 1);
    }

    private Batch(ByteBuffer pixels, int imageSize, int[] labels, int[] indices, int[] others, double share) {
        long bytes = 3L * imageSize * imageSize * labels.length;
        if (!pixels.isDirect() || pixels.capacity() < bytes || labels.length != indices.length) {
            throw new IllegalArgumentException("a batch of " + labels.length + " images of " + imageSize
                    + " pixels needs a direct buffer of " + bytes + " bytes and as many indices, not " + pixels
                    + " and "
                    + indices.length);
        }
        this.pixels = pixels;
        this.imageSize = imageSize;
        this.labels = labels;
        this.indices = indices;
        this.others = others;
        this.share = share;
    }

    /**
     * The same images, each mixed with another: {@code share} of its target is its label, the rest the other's.
     *
     * @param others {@code [size]}, class indices
     * @param share in [0, 1]
     */
    public Batch mixed(int[] others, double share) {
        if (others.length != labels.length || !(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a batch of " + labels.length
                    + " images is mixed with as many, each keeping a share in [0, 1]; there are " + others.length
                    + ", and the share is " + share);
        }
        return new Batch(pixels, imageSize, labels, indices, others, share);
    }

    /** Number of images; may be smaller than asked for at the end of an epoch or where images were unreadable. */
    public int size() {
        return labels.length;
    }

    /** Side of each image in pixels. */
    public int imageSize() {
        return imageSize;
    }

    /** Direct; {@code [size, imageSize, imageSize, 3]} from position 0. Not a copy. */
    public ByteBuffer pixels() {
        return pixels;
    }

    /** {@code [size]}, class indices; not a copy. */
    public int[] labels() {
        return labels;
    }

    /** {@code [size]}, classes of the images that were mixed in; {@link #labels()} where none were; not a copy. */
    public int[] others() {
        return others;
    }

    /** How much of each target is its label; the rest is the other's. 1 where nothing is mixed. */
    public double share() {
        return share;
    }

    /** {@code [size]}, the class that has the greater part of each target; not a copy. */
    public int[] dominant() {
        return share >= 0.5 ? labels : others;
    }

    /** {@code [size]}, where each image stands in its data set; not a copy. */
    public int[] indices() {
        return indices;
    }
}
