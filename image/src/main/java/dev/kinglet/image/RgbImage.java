package dev.kinglet.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A decoded image: red, green, blue, 8 bits each, interleaved row by row without gaps, {@code [height, width, 3]}.
 * The bytes are not copied in or out; nobody changes them once the image is made.
 */
public final class RgbImage implements Image {
    private static final VarHandle FOUR_BYTES =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final int width;
    private final int height;
    private final byte[] rgb;

    /** @throws IllegalArgumentException if there are not {@code width * height * 3} bytes, or no pixel at all */
    public RgbImage(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(width, height), 3)) {
            throw new IllegalArgumentException(
                    "an image of " + width + "x" + height + " pixels does not have " + rgb.length + " bytes");
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public RgbImage image() {
        return this;
    }

    @Override
    public RgbImage reduced(int factor) {
        return this;
    }

    /** {@code [height, width, 3]}; not a copy. */
    public byte[] rgb() {
        return rgb;
    }

    /**
     * The crop of the given size whose upper left corner is at column {@code left}, row {@code top}; it may reach beyond the
     * image, and is black there.
     */
    RgbImage cut(int left, int top, int windowWidth, int windowHeight) {
        if (left == 0 && top == 0 && windowWidth == width && windowHeight == height) {
            return this;
        }
        byte[] cut = new byte[Math.multiplyExact(Math.multiplyExact(windowWidth, windowHeight), 3)];
        int firstColumn = Math.max(0, left);
        int columns = Math.min(width, left + windowWidth) - firstColumn;
        int endRow = Math.min(height, top + windowHeight);
        if (columns > 0) {
            for (int row = Math.max(0, top); row < endRow; row++) {
                int from = 3 * (row * width + firstColumn);
                int to = 3 * ((row - top) * windowWidth + firstColumn - left);
                System.arraycopy(rgb, from, cut, to, 3 * columns);
            }
        }
        return new RgbImage(windowWidth, windowHeight, cut);
    }

    /**
     * The crop of the given size whose upper left corner is at column {@code left}, row {@code top}; it may reach beyond the
     * image by less than the image's side, and has the image reflected at its outermost pixels there.
     */
    RgbImage cutReflected(int left, int top, int windowWidth, int windowHeight) {
        byte[] cut = new byte[Math.multiplyExact(Math.multiplyExact(windowWidth, windowHeight), 3)];
        int to = 0;
        for (int row = top; row < top + windowHeight; row++) {
            int start = reflected(row, height) * width;
            for (int column = left; column < left + windowWidth; column++) {
                int from = 3 * (start + reflected(column, width));
                cut[to++] = rgb[from];
                cut[to++] = rgb[from + 1];
                cut[to++] = rgb[from + 2];
            }
        }
        return new RgbImage(windowWidth, windowHeight, cut);
    }

    private static int reflected(int position, int length) {
        int inside = Math.abs(position);
        return inside < length ? inside : 2 * (length - 1) - inside;
    }

    /** Left and right exchanged. */
    RgbImage flippedHorizontally() {
        byte[] flipped = new byte[rgb.length];
        for (int row = 0; row < height; row++) {
            int first = 3 * row * width;
            int last = first + 3 * (width - 1);
            int to = first;
            if (width > 1) {
                flipPixel(last, flipped, to);
                to += 3;
            }
            // the byte after a pixel is copied with it, and then written over by the next pixel
            for (int from = last - 3; from > first; from -= 3) {
                FOUR_BYTES.set(flipped, to, (int) FOUR_BYTES.get(rgb, from));
                to += 3;
            }
            flipPixel(first, flipped, to);
        }
        return new RgbImage(width, height, flipped);
    }

    private void flipPixel(int from, byte[] flipped, int to) {
        flipped[to] = rgb[from];
        flipped[to + 1] = rgb[from + 1];
        flipped[to + 2] = rgb[from + 2];
    }

    /** Top and bottom exchanged. */
    RgbImage flippedVertically() {
        byte[] flipped = new byte[rgb.length];
        int bytes = 3 * width;
        for (int row = 0; row < height; row++) {
            System.arraycopy(rgb, row * bytes, flipped, (height - 1 - row) * bytes, bytes);
        }
        return new RgbImage(width, height, flipped);
    }

    /** The pixels by channel: {@code [3, height, width]}. */
    public byte[] planes() {
        int pixels = width * height;
        byte[] planes = new byte[3 * pixels];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = rgb[3 * (i % pixels) + i / pixels];
        }
        return planes;
    }

    @Override
    public String toString() {
        return width + "x" + height + " pixels";
    }
}
