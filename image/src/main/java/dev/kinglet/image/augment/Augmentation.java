package dev.kinglet.image.augment;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.ImageTransform.PaddedRandomCrop.Border;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Random changes of training images. They happen in this order: crop, flips, rotation, RandAugment, color jitter,
 * lighting, erasing; then the batch is mixed. Unlike timm, one does not switch off another.
 *
 * @param resizing interpolation of crops, and of RandAugment between pixels
 * @param flip probability of a horizontal flip
 * @param flipMode how it is decided which images those are
 * @param verticalFlip probability of a vertical flip
 * @param rotation largest angle in degrees, either way; nearest neighbor, filled with black
 * @param lighting standard deviation of the noise along the principal components of ImageNet's colors (Krizhevsky et al.,
 *     2012, section 4.1); 0: none
 * @param repeats copies of an image in a row in an epoch, each augmented differently (repeated augmentation)
 */
public record Augmentation(
        Cropping crop,
        Resizing resizing,
        double flip,
        FlipMode flipMode,
        double verticalFlip,
        double rotation,
        Optional<RandAugment> randAugment,
        ColorJitter jitter,
        double lighting,
        Erasing erasing,
        BatchMixing mixing,
        int repeats) {
    /** Way from an image to a square. */
    public enum Crop {
        /** A random part of an image, resized (Szegedy et al., 2015, section 6). */
        RANDOM_RESIZED,
        /** A random square of the padded image, for small images (He et al., 2016, section 4.2). */
        PADDED,
        /** As in evaluation. */
        NONE;

        /** The name in files and options: {@code random-resized}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Size in which a training image is decoded. */
    public enum Decoding {
        /** Full size. */
        FULL,
        /** Half, a quarter or an eighth of a JPEG, where the crop is still large enough. */
        REDUCED;

        /** The name in files and options: {@code reduced}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Interpolation of training images. */
    public enum Resizing {
        /** As in evaluation. */
        SAME,
        BILINEAR,
        BICUBIC,
        /** Bilinear or bicubic, with equal probability. */
        RANDOM;

        /** The name in files and options: {@code random}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        private List<Interpolation> choices(Preprocessing preprocessing) {
            return switch (this) {
                case SAME -> List.of(preprocessing.interpolation());
                case BILINEAR -> List.of(Interpolation.BILINEAR);
                case BICUBIC -> List.of(Interpolation.BICUBIC);
                case RANDOM -> List.of(Interpolation.BILINEAR, Interpolation.BICUBIC);
            };
        }
    }

    /** Content of an erased rectangle. */
    public enum Fill {
        /** The mean color. */
        CONST,
        /** Normal noise of the data's mean and standard deviation, each pixel and channel for itself. */
        PIXEL;

        /** The name in files and options: {@code const}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Choice of the images that are flipped horizontally. */
    public enum FlipMode {
        /** By a draw for each image in each epoch. */
        RANDOM,
        /**
         * By a draw for each image in the first epoch, and the opposite of the epoch before in every other one, so that two
         * epochs in a row show both sides of every image (Jordan, 2024, section 3.6). Images are flipped last.
         */
        ALTERNATING;

        /** The name in files and options: {@code alternating}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The crop with its numbers; those of the other kinds have no effect.
     *
     * @param minScale smallest fraction of an image's area that {@link Crop#RANDOM_RESIZED} keeps
     * @param maxScale largest such fraction
     * @param padding pixels that {@link Crop#PADDED} adds on each side before it crops
     * @param border what these pixels are
     * @param decoding size in which images are decoded for {@link Crop#RANDOM_RESIZED}
     */
    public record Cropping(Crop kind, double minScale, double maxScale, int padding, Border border, Decoding decoding) {
        private static final double MIN_SCALE = 0.08; // torchvision's
        private static final int PADDING = 4;

        public Cropping {
            if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
                throw new IllegalArgumentException(
                        "scale is two fractions with 0 < first <= second <= 1, not " + minScale + " and " + maxScale);
            }
            if (padding < 0) {
                throw new IllegalArgumentException("padding is 0 pixels or more, not " + padding);
            }
            if (decoding == Decoding.REDUCED && kind != Crop.RANDOM_RESIZED) {
                throw new IllegalArgumentException(
                        "decode reduced needs crop random-resized, the only one that chooses its part of"
                                + " an image before it is decoded; the crop is " + kind.key());
            }
        }

        /** A random part of at least this fraction of an image's area, resized. */
        public static Cropping randomResized(double minScale) {
            return new Cropping(Crop.RANDOM_RESIZED, minScale, 1, PADDING, Border.CONSTANT, Decoding.FULL);
        }

        /** A random square of the image with a black border of so many pixels. */
        public static Cropping padded(int padding) {
            return new Cropping(Crop.PADDED, MIN_SCALE, 1, padding, Border.CONSTANT, Decoding.FULL);
        }

        private ImageTransform transform(Preprocessing preprocessing) {
            int side = preprocessing.inputSize();
            return switch (kind) {
                case RANDOM_RESIZED -> {
                    ImageTransform.RandomResizedCrop part = new ImageTransform.RandomResizedCrop(
                            side, minScale, maxScale, 3.0 / 4, 4.0 / 3, preprocessing.interpolation());
                    yield decoding == Decoding.REDUCED ? part.withReducedDecoding() : part;
                }
                case PADDED -> ImageTransform.ResizeAndCrop.of(preprocessing.withCropPct(1));
                case NONE -> ImageTransform.ResizeAndCrop.of(preprocessing);
            };
        }
    }

    /** Random erasing (Zhong et al., 2017): with what probability, and what the rectangle becomes. */
    public record Erasing(double probability, Fill fill) {
        /** Nothing is erased. */
        public static final Erasing NONE = new Erasing(0, Fill.PIXEL);

        public Erasing {
            requireProbability("reprob", probability);
        }
    }

    public Augmentation {
        if (repeats < 1) {
            throw new IllegalArgumentException("aug_repeats is at least 1, not " + repeats);
        }
        requireProbability("hflip", flip);
        if (flipMode == FlipMode.ALTERNATING && flip != 0.5 && flip != 0) {
            throw new IllegalArgumentException(
                    "flip_mode alternating flips half of the images in each epoch: hflip is 0.5 with it, or 0 for no flips,"
                            + " not " + flip);
        }
        requireProbability("vflip", verticalFlip);
        if (!(rotation >= 0 && rotation <= 180)) {
            throw new IllegalArgumentException("rotate is an angle in [0, 180] degrees, not " + rotation);
        }
        if (!(lighting >= 0 && lighting < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lighting is a standard deviation, 0 or more, not " + lighting);
        }
    }

    /** A crop and a horizontal flip only. */
    public Augmentation(Cropping crop, double flip) {
        this(
                crop,
                Resizing.SAME,
                flip,
                FlipMode.RANDOM,
                0,
                0,
                Optional.empty(),
                ColorJitter.NONE,
                0,
                Erasing.NONE,
                BatchMixing.NONE,
                1);
    }

    private static void requireProbability(String option, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(option + " is a probability in [0, 1], not " + value);
        }
    }

    /** Whether images are flipped horizontally in every other epoch. */
    public boolean flipsAlternate() {
        return flipMode == FlipMode.ALTERNATING && flip > 0;
    }

    /**
     * The pipeline of training images, in the size and interpolation of {@code preprocessing}; without {@link #mixing}, and
     * without flips that alternate, which the loader knows the epoch for.
     */
    public Pipeline pipeline(Preprocessing preprocessing) {
        List<Interpolation> choices = resizing.choices(preprocessing);
        List<ImageTransform> transforms = new ArrayList<>();
        List<ImageTransform> crops = choices.stream()
                .map(choice -> crop.transform(preprocessing.withInterpolation(choice)))
                .toList();
        transforms.add(crops.size() == 1 ? crops.get(0) : new ImageTransform.OneOf(crops));
        if (crop.kind() == Crop.PADDED) {
            transforms.add(
                    new ImageTransform.PaddedRandomCrop(preprocessing.inputSize(), crop.padding(), crop.border()));
        }
        if (!flipsAlternate()) {
            transforms.add(new ImageTransform.HorizontalFlip(flip));
        }
        if (verticalFlip > 0) {
            transforms.add(new ImageTransform.VerticalFlip(verticalFlip));
        }
        if (rotation > 0) {
            transforms.add(new RandomRotation(rotation, Sampling.NEAREST, RgbColor.BLACK));
        }
        randAugment.ifPresent(policy -> transforms.add(
                policy.transform(choices.stream().map(Sampling::of).toList(), RgbColor.meanOf(preprocessing))));
        if (!jitter.equals(ColorJitter.NONE)) {
            transforms.add(jitter);
        }
        if (lighting > 0) {
            transforms.add(new Lighting(lighting));
        }
        if (erasing.probability() > 0) {
            transforms.add(new RandomErasing(erasing.probability(), erasing.fill(), preprocessing));
        }
        return new Pipeline(transforms);
    }
}
