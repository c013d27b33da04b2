package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RgbImage;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * The light changed along the principal components of ImageNet's colors (Krizhevsky et al., 2012, section 4.1): each
 * component times its eigenvalue and a normal number is added to every pixel, rounded to whole steps.
 *
 * @param std standard deviation of the normal numbers; 0.1 in the paper
 */
record Lighting(double std) implements ImageTransform {
    /** Square roots of the covariance's eigenvalues, on the scale 0 to 255. */
    private static final double[] VALUES = {55.46, 4.794, 1.148};

    /** Of red, green and blue, by component. */
    private static final double[][] VECTORS = {
        {-0.5675, 0.7192, 0.4009},
        {-0.5808, -0.0045, -0.8140},
        {-0.5836, -0.6948, 0.4203}
    };

    public Lighting {
        if (!(std >= 0 && std < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the noise of the lighting is 0 or more, not " + std);
        }
    }

    @Override
    public RgbImage apply(RgbImage image, RandomGenerator random) {
        if (std == 0) {
            return image;
        }
        double[] add = shift(random);
        return ChannelTables.shift(add[0], add[1], add[2]).apply(image);
    }

    /** {@code [3]}, what is added to red, green and blue. */
    double[] shift(RandomGenerator random) {
        double[] add = new double[3];
        for (int component = 0; component < 3; component++) {
            double size = std * random.nextGaussian() * VALUES[component];
            for (int channel = 0; channel < 3; channel++) {
                add[channel] += size * VECTORS[channel][component];
            }
        }
        return add;
    }

    @Override
    public OptionalInt side(OptionalInt before) {
        return before;
    }
}
