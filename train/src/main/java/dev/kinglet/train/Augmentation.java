package dev.kinglet.train;

import dev.kinglet.data.ImageTransform;
import dev.kinglet.data.Pipeline;
import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How training pictures differ from one epoch to the next.
 *
 * @param minScale smallest share of a photo's area that {@link Crop#RANDOM_RESIZED} keeps
 * @param maxScale largest such share
 * @param padding pixels of black that {@link Crop#PADDED} adds on each side before it crops
 * @param flip how likely a picture is mirrored, left to right
 */
public record Augmentation(Crop crop, double minScale, double maxScale, int padding, double flip) {
    /** How a training picture becomes a square. */
    public enum Crop {
        /** A random part of a photo, resized (Szegedy et al., 2015, section 6). */
        RANDOM_RESIZED,
        /** A random square of the padded picture, for small pictures (He et al., 2016, section 4.2). */
        PADDED,
        /** As in evaluation. */
        NONE;

        /** The name in files and options: {@code random-resized}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public Augmentation {
        if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
            throw new IllegalArgumentException(
                    "scale is two shares with 0 < first <= second <= 1, not " + minScale + " and " + maxScale);
        }
        if (padding < 0) {
            throw new IllegalArgumentException("padding is 0 pixels or more, not " + padding);
        }
        if (!(flip >= 0 && flip <= 1)) {
            throw new IllegalArgumentException("hflip is a probability in [0, 1], not " + flip);
        }
    }

    /** What makes training pictures of the size and with the resizing of {@code preprocessing}. */
    Pipeline pipeline(Preprocessing preprocessing) {
        return switch (crop) {
            case RANDOM_RESIZED ->
                new Pipeline(List.of(
                        new ImageTransform.RandomResizedCrop(
                                preprocessing.inputSize(),
                                minScale,
                                maxScale,
                                3.0 / 4,
                                4.0 / 3,
                                preprocessing.interpolation()),
                        new ImageTransform.HorizontalFlip(flip)));
            case PADDED -> Pipeline.paddedRandomCrop(preprocessing, padding, flip);
            case NONE -> {
                List<ImageTransform> transforms =
                        new ArrayList<>(Pipeline.evaluation(preprocessing).transforms());
                transforms.add(new ImageTransform.HorizontalFlip(flip));
                yield new Pipeline(transforms);
            }
        };
    }
}
