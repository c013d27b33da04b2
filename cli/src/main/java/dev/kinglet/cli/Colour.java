package dev.kinglet.cli;

import java.util.SplittableRandom;

/** A colour of the demo's pictures; 0 to 1 a channel, and beyond while it is computed with. */
record Colour(double red, double green, double blue) {
    static final Colour BLACK = new Colour(0, 0, 0);

    /** Any colour that is neither grey nor very dark. */
    static Colour vivid(SplittableRandom random) {
        return hsv(random.nextDouble(), 0.45 + 0.5 * random.nextDouble(), 0.45 + 0.55 * random.nextDouble());
    }

    /** A colour to stand before another: lighter or darker by at least three tenths. */
    static Colour against(Colour other, SplittableRandom random) {
        while (true) {
            Colour colour = vivid(random);
            if (random.nextDouble() < 0.15) {
                double grey = random.nextDouble();
                colour = new Colour(grey, grey, grey);
            }
            if (Math.abs(colour.luminance() - other.luminance()) >= 0.3) {
                return colour;
            }
        }
    }

    private static Colour hsv(double hue, double saturation, double value) {
        return new Colour(
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

    Colour plus(Colour other) {
        return new Colour(red + other.red, green + other.green, blue + other.blue);
    }

    Colour plus(double grey) {
        return new Colour(red + grey, green + grey, blue + grey);
    }

    Colour times(double factor) {
        return new Colour(red * factor, green * factor, blue * factor);
    }

    /** This colour where {@code share} is 0, the other where it is 1. */
    Colour mix(Colour other, double share) {
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
