package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RgbImage;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * A turn about the center by an angle uniform in {@code [-degrees, degrees]}; the size stays (torchvision's RandomRotation).
 *
 * @param degrees largest angle, from 0 to 180
 * @param fill the color outside the rotated image
 */
record RandomRotation(double degrees, Sampling sampling, RgbColor fill) implements ImageTransform {
    public RandomRotation {
        if (!(degrees >= 0 && degrees <= 180)) {
            throw new IllegalArgumentException("the largest angle lies in [0, 180] degrees, not at " + degrees);
        }
    }

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        double angle = degrees * (2 * random.nextDouble() - 1);
        return angle == 0
                ? image
                : Affine.rotation(angle, image.width(), image.height()).apply(image, sampling, fill);
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return before;
    }
}
