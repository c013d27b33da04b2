package dev.kinglet.image.augment;

import dev.kinglet.network.Preprocessing;
import java.util.List;

/** One color, each channel from 0 to 255. */
record RgbColor(int red, int green, int blue) {
    /** The color Pillow fills with by default. */
    static final RgbColor BLACK = new RgbColor(0, 0, 0);

    public RgbColor {
        if ((red | green | blue) < 0 || red > 255 || green > 255 || blue > 255) {
            throw new IllegalArgumentException(
                    "a color's channels lie between 0 and 255, not at " + red + ", " + green + ", " + blue);
        }
    }

    /** The color that is 0 in every channel after normalization, rounded to whole steps: 124, 116, 104 with ImageNet's mean. */
    static RgbColor meanOf(Preprocessing preprocessing) {
        List<Double> mean = preprocessing.mean();
        return new RgbColor(toByte(mean.get(0)), toByte(mean.get(1)), toByte(mean.get(2)));
    }

    private static int toByte(double fraction) {
        return (int) Math.max(0, Math.min(255, Math.rint(255 * fraction)));
    }
}
