package dev.kinglet.toolkit.synthetic;

import java.util.SplittableRandom;

/** A color of the demo's images; 0 to 1 a channel, and beyond while it is computed with. */
record Color(double red, double green, double blue) {
    static final Color BLACK = new Color(0, 0, 0);

    /** Any color that is neither gray nor very dark. */
    static Color vivid(SplittableRandom random) {
        return hsv(random.nextDouble(), 0.45 + 0.5 * random.nextDouble(), 0.45 + 0.55 * random.nextDouble());
    }

    /** A color to stand before another: lighter or darker by at least three tenths. */
    static Color against(Color other, SplittableRandom random) {
        while (true) {
            Color color = vivid(random);
            if (random.nextDouble() < 0.15) {
                double gray = random.nextDouble();
                color = new Color(gray, gray, gray);
            }
            if (Math.abs(color.luminance() - other.luminance()) >= 0.3) {
                return color;
            }
        }
    }

    private static Color hsv(double hue, double saturation, double value) {
        return new Color(
                channel(hue + 1, saturation, value),
                channel(hue + 2.0 / 3, saturation, value),
                channel(hue + 1.0 / 3, saturation, value));
    }

    private static double channel(double turn, double saturation, double value) {
        double sixths = Math.abs((turn - Math.floor(turn)) * 6 - 3);
        return value * (1 - saturation * (1 - Math.min(1, Math.max(0, sixths - 1))));
    }

    double luminance() {
        return 0.3 * red + 0.59 * green + 0.11 * blue;
    }

    Color plus(Color other) {
        return new Color(red + other.red, green + other.green, blue + other.blue);
    }

    Color plus(double gray) {
        return new Color(red + gray, green + gray, blue + gray);
    }

    Color times(double factor) {
        return new Color(red * factor, green * factor, blue * factor);
    }

    /** This color where {@code share} is 0, the other where it is 1. */
    Color mix(Color other, double share) {
        return times(1 - share).plus(other.times(share));
    }

    /** As {@link java.awt.image.BufferedImage#setRGB} takes it. */
    int rgb() {
        return eightBits(red) << 16 | eightBits(green) << 8 | eightBits(blue);
    }

    private static int eightBits(double value) {
        return (int) (255 * Math.min(1, Math.max(0, value)) + 0.5);
    }
}
