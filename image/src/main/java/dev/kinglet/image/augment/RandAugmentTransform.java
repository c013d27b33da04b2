package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.augment.RandAugment.Change;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * The changes that a policy of {@link RandAugment} draws, done to an image.
 *
 * @param samplings how turns, shears and moves read between pixels; one of them at random each time
 * @param fill what they show where the image has gone
 */
record RandAugmentTransform(RandAugment policy, List<Sampling> samplings, RgbColor fill) implements ImageTransform {
    RandAugmentTransform {
        samplings = List.copyOf(samplings);
        if (samplings.isEmpty()) {
            throw new IllegalArgumentException("a way to read between pixels is missing");
        }
    }

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        RgbImage current = image;
        for (int layer = 0; layer < policy.layers(); layer++) {
            Change change = RandAugment.drawnChange(random);
            if (random.nextDouble() < policy.probability()) {
                current = changed(current, change, policy.drawnMagnitude(random), random);
            }
        }
        return current;
    }

    private RgbImage changed(RgbImage image, Change change, double size, RandomGenerator random) {
        double how = policy.argument(change, size, random);
        return switch (change) {
            case AUTO_CONTRAST -> ChannelTables.autoContrast(image).apply(image);
            case EQUALIZE -> ChannelTables.equalize(image).apply(image);
            case INVERT -> ChannelTables.invert().apply(image);
            case ROTATE -> seen(image, Affine.rotation(how, image.width(), image.height()), random);
            case POSTERIZE -> ChannelTables.posterize((int) how).apply(image);
            case SOLARIZE -> ChannelTables.solarize((int) how).apply(image);
            case SOLARIZE_ADD -> ChannelTables.solarizeAdd((int) how).apply(image);
            case COLOR -> Blend.color(image, how);
            case CONTRAST -> ChannelTables.contrast(image, how).apply(image);
            case BRIGHTNESS -> ChannelTables.brightness(how).apply(image);
            case SHARPNESS -> Blend.sharpness(image, how);
            case SHEAR_X -> seen(image, Affine.shearX(how), random);
            case SHEAR_Y -> seen(image, Affine.shearY(how), random);
            case TRANSLATE_X -> seen(image, Affine.translation(how * image.width(), 0), random);
            case TRANSLATE_Y -> seen(image, Affine.translation(0, how * image.height()), random);
        };
    }

    private RgbImage seen(RgbImage image, Affine affine, RandomGenerator random) {
        return affine.apply(image, samplings.get(random.nextInt(samplings.size())), fill);
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return before;
    }
}
