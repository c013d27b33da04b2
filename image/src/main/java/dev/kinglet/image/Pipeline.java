package dev.kinglet.image;

import dev.kinglet.network.Preprocessing;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Transforms in their order, which together make a square of one side out of every image.
 *
 * @param transforms at least one; the last that changes the shape makes a square
 */
public record Pipeline(List<ImageTransform> transforms) {
    /** @throws IllegalArgumentException if the results are not all squares of one side */
    public Pipeline {
        transforms = List.copyOf(transforms);
        if (sideAfter(transforms).isEmpty()) {
            throw new IllegalArgumentException("a pipeline ends in a square of a known side; this one does not: "
                    + transforms + "; add a crop or an exact resize");
        }
    }

    /** The pipeline of validation, prediction and serving: resized, the center cropped. Nothing in it is random. */
    public static Pipeline evaluation(Preprocessing preprocessing) {
        return new Pipeline(List.of(ImageTransform.ResizeAndCrop.of(preprocessing)));
    }

    /**
     * The pipeline of training on photos: a random part of each, resized, and flipped or not.
     *
     * @param minScale smallest fraction of a photo's area; 0.08 on ImageNet, more for small sets
     * @param flip probability of a horizontal flip
     */
    public static Pipeline randomResizedCrop(Preprocessing preprocessing, double minScale, double flip) {
        return new Pipeline(List.of(
                new ImageTransform.RandomResizedCrop(
                        preprocessing.inputSize(), minScale, preprocessing.interpolation()),
                new ImageTransform.HorizontalFlip(flip)));
    }

    /**
     * The pipeline of training on small images such as CIFAR's: a black border, a random square of the input size, flipped or not. An
     * image of another size is first resized to the input size, and where its aspect ratio is kept its center cut out.
     *
     * @param padding width of the border in pixels; 4 on CIFAR
     * @param flip probability of a horizontal flip
     */
    public static Pipeline paddedRandomCrop(Preprocessing preprocessing, int padding, double flip) {
        int side = preprocessing.inputSize();
        return new Pipeline(List.of(
                ImageTransform.ResizeAndCrop.of(preprocessing.withCropPct(1)),
                new ImageTransform.PaddedRandomCrop(side, padding),
                new ImageTransform.HorizontalFlip(flip)));
    }

    /** Side of the results in pixels. */
    public int side() {
        return sideAfter(transforms).orElseThrow();
    }

    /**
     * The square a network is fed, before normalization.
     *
     * @param image decoded or not
     * @param random the source of all randomness; not used by {@link #evaluation}
     * @throws ImageException if an image of this size cannot be transformed
     */
    public RgbImage apply(Image image, RandomGenerator random) throws ImageException {
        RgbImage current = transforms.get(0).apply(image, random);
        for (ImageTransform transform : transforms.subList(1, transforms.size())) {
            current = transform.apply(current, random);
        }
        return current;
    }

    /** The same without anyone's generator, so always the same of the same image; for {@link #evaluation}. */
    public RgbImage apply(Image image) throws ImageException {
        return apply(image, new SplittableRandom(0));
    }

    private static OptionalInt sideAfter(List<ImageTransform> transforms) {
        OptionalInt side = OptionalInt.empty();
        for (ImageTransform transform : transforms) {
            side = transform.side(side);
        }
        return side;
    }
}
