package dev.kinglet.image;

import java.nio.ByteBuffer;

/**
 * Images of one size as a network takes them, before normalization. The loader owns the buffer and fills it
 * again later: a batch is valid until the next one is taken.
 */
public final class Batch {
    private final ByteBuffer pixels;
    private final int imageSize;
    private final int[] labels;
    private final int[] indices;
    private final int[] mixedInLabels;
    private final double labelFraction;

    /**
     * Images that are not mixed.
     *
     * @param pixels direct; {@code [size, imageSize, imageSize, 3]} bytes from position 0, red, green, blue
     * @param imageSize side of each image in pixels
     * @param labels {@code [size]}, class indices
     * @param indices {@code [size]}, where each image stands in its data set
     */
    public Batch(ByteBuffer pixels, int imageSize, int[] labels, int[] indices) {
        this(pixels, imageSize, labels, indices, labels, 1);
    }

    private Batch(
            ByteBuffer pixels, int imageSize, int[] labels, int[] indices, int[] mixedInLabels, double labelFraction) {
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
        this.mixedInLabels = mixedInLabels;
        this.labelFraction = labelFraction;
    }

    /**
     * The same images, each mixed with another: {@code labelFraction} of its target is its own label, the rest the label of
     * its mix partner.
     *
     * @param mixedInLabels {@code [size]}, class indices
     * @param labelFraction in [0, 1]
     */
    public Batch mixed(int[] mixedInLabels, double labelFraction) {
        if (mixedInLabels.length != labels.length || !(labelFraction >= 0 && labelFraction <= 1)) {
            throw new IllegalArgumentException("a batch of " + labels.length
                    + " images is mixed with as many, and the fraction of its own labels lies in [0, 1]; there are "
                    + mixedInLabels.length
                    + ", and the fraction is " + labelFraction);
        }
        return new Batch(pixels, imageSize, labels, indices, mixedInLabels, labelFraction);
    }

    /** A copy with a buffer of its own, which stays valid when the next batch is taken. */
    public Batch copy() {
        ByteBuffer source = pixels.duplicate();
        source.position(0).limit(3 * imageSize * imageSize * labels.length);
        ByteBuffer copy = ByteBuffer.allocateDirect(source.remaining()).put(source);
        return new Batch(copy, imageSize, labels, indices, mixedInLabels, labelFraction);
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

    /** {@code [size]}, labels of the mix partners; {@link #labels()} where nothing is mixed; not a copy. */
    public int[] mixedInLabels() {
        return mixedInLabels;
    }

    /** The fraction of each target that is its own label, the rest being its mix partner's; 1 where nothing is mixed. */
    public double labelFraction() {
        return labelFraction;
    }

    /** {@code [size]}, the class with the greater fraction of each target; not a copy. */
    public int[] dominant() {
        return labelFraction >= 0.5 ? labels : mixedInLabels;
    }

    /** {@code [size]}, where each image stands in its data set; not a copy. */
    public int[] indices() {
        return indices;
    }
}
