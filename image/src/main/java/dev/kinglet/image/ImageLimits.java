package dev.kinglet.image;

/**
 * The largest image that is accepted. Checked on the encoded bytes and on the size their header states, before anything is
 * decoded, so a small file cannot claim a large memory.
 *
 * @param maxBytes of the encoded image
 * @param maxPixels width times height
 * @param maxSide the longer of width and height, in pixels
 */
public record ImageLimits(long maxBytes, long maxPixels, int maxSide) {
    private static final long ADDRESSABLE_PIXELS = Integer.MAX_VALUE / 3 - 16; // of 3 bytes, in one array

    public ImageLimits {
        if (maxBytes < 1 || maxBytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException(
                    "encoded images are limited to 1 to " + (Integer.MAX_VALUE - 16) + " bytes, not " + maxBytes);
        }
        if (maxPixels < 1 || maxPixels > ADDRESSABLE_PIXELS) {
            throw new IllegalArgumentException(
                    "images are limited to 1 to " + ADDRESSABLE_PIXELS + " pixels, not " + maxPixels);
        }
        if (maxSide < 1) {
            throw new IllegalArgumentException("the longer side is limited to at least 1 pixel, not " + maxSide);
        }
    }

    /** 256 MiB encoded; 89,478,485 pixels, where Pillow begins to warn; 65,535 a side, all that a JPEG can have. */
    public static ImageLimits defaults() {
        return new ImageLimits(256L << 20, 89_478_485, 65_535);
    }

    public ImageLimits withMaxBytes(long bytes) {
        return new ImageLimits(bytes, maxPixels, maxSide);
    }

    public ImageLimits withMaxPixels(long pixels) {
        return new ImageLimits(maxBytes, pixels, maxSide);
    }
}
