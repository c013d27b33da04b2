package dev.kinglet.image;

import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Preprocessing.ResizeMode;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * One step from a decoded image to the input of a network. A transform is a value: it keeps no state, takes the
 * randomness it needs from the generator it is given, and never changes the image it is given. Safe for several threads.
 */
public interface ImageTransform {
    /**
     * The image, transformed; the same object where there is nothing to do.
     *
     * @throws ImageException if an image of this size cannot be transformed
     */
    RgbImage apply(RgbImage image, RandomGenerator random) throws ImageException;

    /** The same of an image that may not be decoded yet. */
    default RgbImage apply(Image image, RandomGenerator random) throws ImageException {
        return apply(image.image(), random);
    }

    /**
     * The side of the square that every result is, in pixels, or empty where results may have other shapes.
     *
     * @param before the same of the images that come in
     */
    OptionalInt side(OptionalInt before);

    /**
     * The shorter side becomes {@code pixels}, the longer keeps the proportion, truncated to whole pixels (torchvision's
     * Resize).
     */
    record ResizeShorter(int pixels, Interpolation interpolation) implements ImageTransform {
        public ResizeShorter {
            requirePixels(pixels);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) throws ImageException {
            int width = ResizeMode.SHORTER.side(image.width(), image.height(), pixels);
            int height = ResizeMode.SHORTER.side(image.height(), image.width(), pixels);
            if (3L * width * height > Integer.MAX_VALUE - 16) {
                throw new ImageException("an image of " + image + " would become " + width + "x" + height
                        + " with a shorter side of " + pixels + "; that is too large");
            }
            return Resampler.resize(image, width, height, interpolation);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return before.isPresent() ? OptionalInt.of(pixels) : before;
        }
    }

    /** Exactly this size, whatever becomes of the proportion. */
    record Resize(int width, int height, Interpolation interpolation) implements ImageTransform {
        public Resize {
            requirePixels(width);
            requirePixels(height);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            return Resampler.resize(image, width, height, interpolation);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return width == height ? OptionalInt.of(width) : OptionalInt.empty();
        }
    }

    /**
     * A square from the center; an image that is smaller is padded with black, an odd pixel of it right and below
     * (torchvision's CenterCrop).
     */
    record CenterCrop(int pixels) implements ImageTransform {
        public CenterCrop {
            requirePixels(pixels);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            return image.cut(start(image.width(), pixels), start(image.height(), pixels), pixels, pixels);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return OptionalInt.of(pixels);
        }

        /** Where the crop begins on a side: Python's rounding, half to even; before 0 where the side is padded. */
        static int start(int side, int pixels) {
            return side < pixels ? -((pixels - side) / 2) : (int) Math.rint((side - pixels) / 2.0);
        }
    }

    /**
     * {@link ResizeShorter} or {@link Resize}, and then {@link CenterCrop}, in one: the same bytes, without computing what
     * the crop drops, which is most of a panorama.
     *
     * @param resize what the shorter side becomes, or both do, in pixels
     * @param crop side of the square, at most {@code resize}
     */
    record ResizeAndCrop(ResizeMode mode, int resize, int crop, Interpolation interpolation) implements ImageTransform {
        public ResizeAndCrop {
            requirePixels(crop);
            if (crop > resize) {
                throw new IllegalArgumentException("a crop of " + crop + " pixels does not fit a side of " + resize);
            }
        }

        /** That of evaluation. */
        public static ResizeAndCrop of(Preprocessing preprocessing) {
            return new ResizeAndCrop(
                    preprocessing.resize(),
                    preprocessing.resizedSide(),
                    preprocessing.inputSize(),
                    preprocessing.interpolation());
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            int width = mode.side(image.width(), image.height(), resize);
            int height = mode.side(image.height(), image.width(), resize);
            Box window = new Box(CenterCrop.start(width, crop), CenterCrop.start(height, crop), crop, crop);
            return Resampler.resize(image, Box.of(image), width, height, window, interpolation);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return OptionalInt.of(crop);
        }
    }

    /**
     * {@link ResizeShorter} or {@link Resize}, and then a square from a corner (one of torchvision's FiveCrop).
     *
     * @param resize what the shorter side becomes, or both do, in pixels
     * @param crop side of the square, at most {@code resize}
     */
    record ResizeAndCornerCrop(ResizeMode mode, int resize, int crop, Corner corner, Interpolation interpolation)
            implements ImageTransform {
        /** Where the square lies. */
        public enum Corner {
            UPPER_LEFT,
            UPPER_RIGHT,
            LOWER_LEFT,
            LOWER_RIGHT
        }

        public ResizeAndCornerCrop {
            requirePixels(crop);
            if (crop > resize) {
                throw new IllegalArgumentException("a crop of " + crop + " pixels does not fit a side of " + resize);
            }
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            int width = mode.side(image.width(), image.height(), resize);
            int height = mode.side(image.height(), image.width(), resize);
            boolean right = corner == Corner.UPPER_RIGHT || corner == Corner.LOWER_RIGHT;
            boolean lower = corner == Corner.LOWER_LEFT || corner == Corner.LOWER_RIGHT;
            Box window = new Box(right ? width - crop : 0, lower ? height - crop : 0, crop, crop);
            return Resampler.resize(image, Box.of(image), width, height, window, interpolation);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return OptionalInt.of(crop);
        }
    }

    /**
     * A part of random size, proportion and place, resized to a square (Szegedy et al., 2015; torchvision's
     * RandomResizedCrop: the fraction of the area is uniform, the ratio of width to height log-uniform, and after ten parts
     * that do not fit the largest central one of an allowed ratio is taken).
     *
     * @param pixels side of the result
     * @param minScale smallest fraction of the image's area, above 0
     * @param maxScale largest fraction, at most 1
     * @param minRatio smallest width over height
     * @param maxRatio largest width over height
     */
    record RandomResizedCrop(
            int pixels, double minScale, double maxScale, double minRatio, double maxRatio, Interpolation interpolation)
            implements ImageTransform {
        private static final int TRIES = 10;

        public RandomResizedCrop {
            requirePixels(pixels);
            if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
                throw new IllegalArgumentException(
                        "the fraction of the area is a range in (0, 1], not " + minScale + " to " + maxScale);
            }
            if (!(minRatio > 0 && minRatio <= maxRatio && maxRatio < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "the ratio of width to height is a range above 0, not " + minRatio + " to " + maxRatio);
            }
        }

        /** With torchvision's ratios, 3/4 to 4/3, and at least {@code minScale} of the area. */
        public RandomResizedCrop(int pixels, double minScale, Interpolation interpolation) {
            this(pixels, minScale, 1, 3.0 / 4, 4.0 / 3, interpolation);
        }

        /**
         * Of a JPEG that is decoded no larger than the part needs: at an eighth, a quarter or a half of its sides where the
         * part still has at least the pixels of the result. Faster, with slightly different pixels.
         */
        public ImageTransform withReducedDecoding() {
            return new ReducedDecoding(this);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            return Resampler.resize(image, part(image.width(), image.height(), random), pixels, pixels, interpolation);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return OptionalInt.of(pixels);
        }

        /** The part of an image of this size that is kept. */
        Box part(int imageWidth, int imageHeight, RandomGenerator random) {
            double area = (double) imageWidth * imageHeight;
            for (int i = 0; i < TRIES; i++) {
                double target = area * between(minScale, maxScale, random);
                double ratio = Math.exp(between(Math.log(minRatio), Math.log(maxRatio), random));
                int width = (int) Math.rint(Math.sqrt(target * ratio));
                int height = (int) Math.rint(Math.sqrt(target / ratio));
                if (width > 0 && width <= imageWidth && height > 0 && height <= imageHeight) {
                    int top = random.nextInt(imageHeight - height + 1);
                    int left = random.nextInt(imageWidth - width + 1);
                    return new Box(left, top, width, height);
                }
            }
            return central(imageWidth, imageHeight);
        }

        private Box central(int imageWidth, int imageHeight) {
            double ratio = (double) imageWidth / imageHeight;
            int width = imageWidth;
            int height = imageHeight;
            if (ratio < minRatio) {
                height = Math.max(1, (int) Math.rint(width / minRatio));
            } else if (ratio > maxRatio) {
                width = Math.max(1, (int) Math.rint(height * maxRatio));
            }
            return new Box((imageWidth - width) / 2, (imageHeight - height) / 2, width, height);
        }

        private static double between(double low, double high, RandomGenerator random) {
            return low + (high - low) * random.nextDouble();
        }
    }

    /**
     * A square from a random place of the image with a border around it (torchvision's RandomCrop with padding).
     *
     * @param pixels side of the result
     * @param padding width of the border on every side
     */
    record PaddedRandomCrop(int pixels, int padding, Border border) implements ImageTransform {
        /** Content of the border. */
        public enum Border {
            /** Black. */
            CONSTANT,
            /** The image, reflected at its outermost pixels, which are not repeated. */
            REFLECT
        }

        /** With a black border. */
        public PaddedRandomCrop(int pixels, int padding) {
            this(pixels, padding, Border.CONSTANT);
        }

        public PaddedRandomCrop {
            requirePixels(pixels);
            if (padding < 0) {
                throw new IllegalArgumentException("padding is at least 0 pixels, not " + padding);
            }
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) throws ImageException {
            int spareHeight = image.height() + 2 * padding - pixels;
            int spareWidth = image.width() + 2 * padding - pixels;
            if (spareWidth < 0 || spareHeight < 0) {
                throw new ImageException("a crop of " + pixels + "x" + pixels + " pixels does not fit an image of "
                        + image + " with a border of " + padding);
            }
            if (border == Border.REFLECT && padding >= Math.min(image.width(), image.height())) {
                throw new ImageException("a border of " + padding + " pixels is no reflection of an image of " + image
                        + ", which has no more to reflect");
            }
            int top = random.nextInt(spareHeight + 1) - padding;
            int left = random.nextInt(spareWidth + 1) - padding;
            return switch (border) {
                case CONSTANT -> image.cut(left, top, pixels, pixels);
                case REFLECT -> image.cutReflected(left, top, pixels, pixels);
            };
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return OptionalInt.of(pixels);
        }
    }

    /**
     * The part of the same size that begins so many pixels further right and down, the image reflected beyond its edge.
     *
     * @param pixels may be negative; an image has more than so many on each side
     */
    record Shift(int pixels) implements ImageTransform {
        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) throws ImageException {
            if (Math.abs(pixels) >= Math.min(image.width(), image.height())) {
                throw new ImageException("an image of " + image + " cannot be shifted by " + pixels + " pixels");
            }
            return image.cutReflected(pixels, pixels, image.width(), image.height());
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return before;
        }
    }

    /** A horizontal flip (left and right exchanged) with this probability. */
    record HorizontalFlip(double probability) implements ImageTransform {
        public HorizontalFlip {
            RandomStreams.requireProbability(probability);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            return random.nextDouble() < probability ? image.flippedHorizontally() : image;
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return before;
        }
    }

    /** A vertical flip (top and bottom exchanged) with this probability. */
    record VerticalFlip(double probability) implements ImageTransform {
        public VerticalFlip {
            RandomStreams.requireProbability(probability);
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) {
            return random.nextDouble() < probability ? image.flippedVertically() : image;
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            return before;
        }
    }

    /**
     * One of several, each as likely: a random crop that is resized now with this filter and now with that.
     *
     * @param choices at least one; all make squares of one side, or none does
     */
    record OneOf(List<ImageTransform> choices) implements ImageTransform {
        public OneOf {
            choices = List.copyOf(choices);
            if (choices.isEmpty()) {
                throw new IllegalArgumentException("there is nothing to choose from");
            }
        }

        @Override
        public RgbImage apply(RgbImage image, RandomGenerator random) throws ImageException {
            return choices.get(random.nextInt(choices.size())).apply(image, random);
        }

        @Override
        public RgbImage apply(Image image, RandomGenerator random) throws ImageException {
            return choices.get(random.nextInt(choices.size())).apply(image, random);
        }

        @Override
        public OptionalInt side(OptionalInt before) {
            OptionalInt side = choices.get(0).side(before);
            return choices.stream().allMatch(choice -> choice.side(before).equals(side)) ? side : OptionalInt.empty();
        }
    }

    private static void requirePixels(int pixels) {
        if (pixels < 1) {
            throw new IllegalArgumentException("a side has at least 1 pixel, not " + pixels);
        }
    }
}
