package dev.kinglet.image;

/** An image whose size is known and whose pixels are decoded when they are asked for. */
public sealed interface Image permits RgbImage, EncodedImage {
    /** In pixels. */
    int width();

    /** In pixels. */
    int height();

    /**
     * All its pixels.
     *
     * @throws ImageException if they cannot be decoded; the message names the image
     */
    RgbImage image() throws ImageException;

    /**
     * The image with its sides divided by {@code factor}, rounded up, where that is quicker to decode, and
     * {@link #image()} where it is not: of all that is no encoded JPEG.
     *
     * @param factor 1, 2, 4 or 8
     * @throws ImageException if it cannot be decoded; the message names the image
     */
    RgbImage reduced(int factor) throws ImageException;
}
