package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RgbImage;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Brightness, contrast, saturation and hue changed at random, in a random order (torchvision's ColorJitter on Pillow's
 * images). A strength s of the first three draws a factor uniformly from {@code [max(0, 1 - s), 1 + s]}, the hue's turn is
 * uniform in {@code [-hue, hue]} of the circle. A change of strength 0 is left out.
 *
 * @param hue from 0 to 0.5
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue) implements ImageTransform {
    /** Nothing changes. */
    public static final ColorJitter NONE = new ColorJitter(0, 0, 0, 0);

    public ColorJitter {
        requireStrength("brightness", brightness);
        requireStrength("contrast", contrast);
        requireStrength("saturation", saturation);
        if (!(hue >= 0 && hue <= 0.5)) {
            throw new IllegalArgumentException(
                    "color jitter shifts the hue by a fraction in [0, 0.5] of the circle, not " + hue);
        }
    }

    private static void requireStrength(String of, double strength) {
        if (!(strength >= 0 && strength < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("color jitter of " + of + " is 0 or more, not " + strength);
        }
    }

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        if (equals(NONE)) {
            return image;
        }
        int[] order = {0, 1, 2, 3};
        RgbImage current = image;
        for (int i = 0; i < order.length; i++) {
            int at = i + random.nextInt(order.length - i);
            int change = order[at];
            order[at] = order[i];
            current = changed(current, change, random);
        }
        return current;
    }

    private RgbImage changed(RgbImage image, int change, RandomGenerator random) {
        return switch (change) {
            case 0 ->
                brightness == 0
                        ? image
                        : ChannelTables.brightness(factor(brightness, random)).apply(image);
            case 1 ->
                contrast == 0
                        ? image
                        : ChannelTables.contrast(image, factor(contrast, random))
                                .apply(image);
            case 2 -> saturation == 0 ? image : Blend.color(image, factor(saturation, random));
            default -> hue == 0 ? image : Hue.shifted(image, hue * (2 * random.nextDouble() - 1));
        };
    }

    static double factor(double strength, RandomGenerator random) {
        double least = Math.max(0, 1 - strength);
        return least + (1 + strength - least) * random.nextDouble();
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return before;
    }
}
