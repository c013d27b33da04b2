package dev.kinglet.data;

/**
 * A decoded picture: red, green, blue, 8 bits each, interleaved row by row without gaps, {@code [height, width, 3]}.
 * The bytes are not copied in or out; nobody changes them once the image is made.
 */
public final class RgbImage {
    private final int width;
    private final int height;
    private final byte[] rgb;

    /** @throws IllegalArgumentException if there are not {@code width * height * 3} bytes, or no pixel at all */
    public RgbImage(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(width, height), 3)) {
            throw new IllegalArgumentException(
                    "a picture of " + width + "x" + height + " pixels does not have " + rgb.length + " bytes");
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /** In pixels. */
    public int width() {
        return width;
    }

    /** In pixels. */
    public int height() {
        return height;
    }

    /** {@code [height, width, 3]}; not a copy. */
    public byte[] rgb() {
        return rgb;
    }

    @Override
    public String toString() {
        return width + "x" + height + " pixels";
    }
}
