package dev.kinglet.image.augment;

import dev.kinglet.image.RgbImage;

/**
 * An image between another and itself, or beyond itself: Pillow's {@code ImageEnhance.Color} and {@code Sharpness}, to the
 * last bit.
 */
final class Blend {
    private Blend() {}

    /** From gray at 0 over the image itself at 1 to stronger colors. */
    static RgbImage color(RgbImage image, double factor) {
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        float fraction = (float) factor;
        for (int i = 0; i < from.length; i += 3) {
            int gray = gray(from, i);
            to[i] = (byte) of(gray, from[i] & 0xff, fraction);
            to[i + 1] = (byte) of(gray, from[i + 1] & 0xff, fraction);
            to[i + 2] = (byte) of(gray, from[i + 2] & 0xff, fraction);
        }
        return new RgbImage(image.width(), image.height(), to);
    }

    /** From smoothed at 0 over the image itself at 1 to sharper; the outermost pixels stay. */
    static RgbImage sharpness(RgbImage image, double factor) {
        byte[] from = image.rgb();
        byte[] to = from.clone();
        float fraction = (float) factor;
        int row = 3 * image.width();
        for (int y = 1; y < image.height() - 1; y++) {
            for (int i = y * row + 3; i < (y + 1) * row - 3; i++) {
                int sum = three(from, i - row) + three(from, i) + three(from, i + row) + 4 * (from[i] & 0xff);
                to[i] = (byte) of((2 * sum + 13) / 26, from[i] & 0xff, fraction); // a thirteenth, rounded
            }
        }
        return new RgbImage(image.width(), image.height(), to);
    }

    /** A value and its neighbors left and right. */
    private static int three(byte[] rgb, int at) {
        return (rgb[at - 3] & 0xff) + (rgb[at] & 0xff) + (rgb[at + 3] & 0xff);
    }

    /** The way from one value to another, cut off to a byte. */
    static int of(int from, int to, float fraction) {
        return Math.max(0, Math.min(255, (int) (from + fraction * (to - from))));
    }

    /** Brightness of the pixel at a byte offset (ITU-R 601-2, in 16 fractional bits, rounded). */
    static int gray(byte[] rgb, int at) {
        return ((rgb[at] & 0xff) * 19595 + (rgb[at + 1] & 0xff) * 38470 + (rgb[at + 2] & 0xff) * 7471 + 0x8000) >> 16;
    }
}
