package dev.kinglet.image.augment;

import dev.kinglet.image.RgbImage;

/** Hue shifted as torchvision does with Pillow: to HSV of 8 bits each, the hue moved round the circle, and back. */
final class Hue {
    private Hue() {}

    /** @param turn fraction of the circle, from -0.5 to 0.5 */
    static RgbImage shifted(RgbImage image, double turn) {
        int steps = (int) (turn * 255);
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        for (int i = 0; i < from.length; i += 3) {
            turn(from, i, steps, to);
        }
        return new RgbImage(image.width(), image.height(), to);
    }

    private static void turn(byte[] from, int at, int steps, byte[] to) {
        int red = from[at] & 0xff;
        int green = from[at + 1] & 0xff;
        int blue = from[at + 2] & 0xff;
        int value = Math.max(red, Math.max(green, blue));
        float range = value - Math.min(red, Math.min(green, blue));
        int hue = steps;
        int saturation = 0;
        if (range > 0) {
            hue += hue(red, green, blue, value, range);
            saturation = (int) (range / value * 255.0);
        }
        write(hue & 0xff, saturation, value, to, at);
    }

    /** From 0, red, to 255; in float32 and float64 where Pillow is. */
    private static int hue(int red, int green, int blue, int value, float range) {
        float offRed = (value - red) / range;
        float offGreen = (value - green) / range;
        float offBlue = (value - blue) / range;
        float sixths;
        if (red == value) {
            sixths = offBlue - offGreen;
        } else if (green == value) {
            sixths = (float) (2.0 + offRed - offBlue);
        } else {
            sixths = (float) (4.0 + offGreen - offRed);
        }
        float circle = (float) ((sixths / 6.0 + 1.0) % 1.0);
        return (int) (circle * 255.0);
    }

    private static void write(int hue, int saturation, int value, byte[] to, int at) {
        int sector = (int) (hue * 6.0 / 255.0);
        float part = (float) (hue * 6.0 / 255.0 - sector);
        float fraction = (float) (saturation / 255.0);
        byte v = (byte) value;
        byte p = rounded(value * (1.0 - fraction));
        byte q = rounded(value * (1.0 - fraction * part));
        byte t = rounded(value * (1.0 - fraction * (1.0 - part)));
        switch (sector % 6) {
            case 0 -> put(to, at, v, t, p);
            case 1 -> put(to, at, q, v, p);
            case 2 -> put(to, at, p, v, t);
            case 3 -> put(to, at, p, q, v);
            case 4 -> put(to, at, t, p, v);
            default -> put(to, at, v, p, q);
        }
    }

    private static byte rounded(double value) {
        return (byte) Math.max(0, Math.min(255, (int) (value + 0.5)));
    }

    private static void put(byte[] to, int at, byte red, byte green, byte blue) {
        to[at] = red;
        to[at + 1] = green;
        to[at + 2] = blue;
    }
}
