package dev.kinglet.image.augment;

import dev.kinglet.image.Box;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.augment.Augmentation.Fill;
import dev.kinglet.network.Preprocessing;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * A random rectangle painted over (Zhong et al., 2017, in timm's form: 2 to 33 % of the area, width to height from 0.3 to
 * 1 / 0.3, ten tries). timm paints after normalization; here the same colors are rounded to bytes, and cut off at 0 and 255.
 *
 * @param probability how likely an image loses a part
 * @param mean by channel, on the scale 0 to 1
 * @param std of {@link Fill#PIXEL} by channel, on the same scale
 */
record RandomErasing(double probability, Fill fill, List<Double> mean, List<Double> std) implements ImageTransform {
    private static final double LEAST_AREA = 0.02;
    private static final double MAX_AREA = 1.0 / 3;
    private static final double LEAST_RATIO = 0.3;
    private static final int TRIES = 10;

    public RandomErasing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        RandomStreams.requireProbability(probability);
        if (mean.size() != 3 || std.size() != 3) {
            throw new IllegalArgumentException(
                    "mean and std have a number for red, green and blue, not " + mean + " and " + std);
        }
    }

    /** With the mean and standard deviation a network is fed with. */
    RandomErasing(double probability, Fill fill, Preprocessing preprocessing) {
        this(probability, fill, preprocessing.mean(), preprocessing.std());
    }

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        if (probability == 0 || random.nextDouble() >= probability) {
            return image;
        }
        Optional<Box> part = part(image.width(), image.height(), random);
        if (part.isEmpty()) {
            return image;
        }
        byte[] rgb = image.rgb().clone();
        Box box = part.get();
        for (int y = box.top(); y < box.top() + box.height(); y++) {
            int start = 3 * (y * image.width() + box.left());
            for (int i = 0; i < 3 * box.width(); i++) {
                int channel = i % 3;
                double color = mean.get(channel);
                if (fill == Fill.PIXEL) {
                    color += std.get(channel) * random.nextGaussian();
                }
                rgb[start + i] = (byte) Math.max(0, Math.min(255, Math.rint(255 * color)));
            }
        }
        return new RgbImage(image.width(), image.height(), rgb);
    }

    /** The rectangle that is erased; empty if no try fits. */
    static Optional<Box> part(int width, int height, RandomGenerator random) {
        for (int i = 0; i < TRIES; i++) {
            double area = (LEAST_AREA + (MAX_AREA - LEAST_AREA) * random.nextDouble()) * width * height;
            double ratio = Math.exp(Math.log(LEAST_RATIO) * (1 - 2 * random.nextDouble()));
            int boxHeight = (int) Math.rint(Math.sqrt(area * ratio));
            int boxWidth = (int) Math.rint(Math.sqrt(area / ratio));
            if (boxWidth > 0 && boxHeight > 0 && boxWidth < width && boxHeight < height) {
                int top = random.nextInt(height - boxHeight + 1);
                int left = random.nextInt(width - boxWidth + 1);
                return Optional.of(new Box(left, top, boxWidth, boxHeight));
            }
        }
        return Optional.empty();
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return before;
    }
}
