package dev.kinglet.image;

/**
 * A rectangle of whole pixels.
 *
 * @param left first column, from 0
 * @param top first row, from 0
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 */
public record Box(int left, int top, int width, int height) {
    public Box {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("a box has at least 1 pixel, not " + width + "x" + height);
        }
    }

    static Box of(RgbImage image) {
        return new Box(0, 0, image.width(), image.height());
    }

    public boolean contains(Box other) {
        return other.left >= left
                && other.top >= top
                && (long) other.left + other.width <= (long) left + width
                && (long) other.top + other.height <= (long) top + height;
    }

    @Override
    public String toString() {
        return width + "x" + height + " pixels from column " + left + ", row " + top;
    }
}
