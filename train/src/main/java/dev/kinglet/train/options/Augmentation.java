package dev.kinglet.train.options;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.ReducedDecoding;
import dev.kinglet.image.RgbColor;
import dev.kinglet.image.Sampling;
import dev.kinglet.image.augment.BatchMixing;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.Lighting;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.image.augment.RandomErasing;
import dev.kinglet.image.augment.RandomRotation;
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
 * @param minScale smallest fraction of an image's area that {@link Crop#RANDOM_RESIZED} keeps
 * @param maxScale largest such fraction
 * @param padding pixels of black that {@link Crop#PADDED} adds on each side before it crops
 * @param decoding size in which images are decoded for {@link Crop#RANDOM_RESIZED}
 * @param resizing interpolation of crops, and of RandAugment between pixels
 * @param flip probability of a horizontal flip
 * @param verticalFlip probability of a vertical flip
 * @param rotation largest angle in degrees, either way; nearest neighbor, filled with black
 * @param lighting {@link Lighting#std}; 0: none
 * @param erasing probability of random erasing
 * @param erasingFill content of the erased rectangle
 * @param repeats copies of an image in a row in an epoch, each augmented differently (repeated augmentation)
 */
public record Augmentation(
        Crop crop,
        double minScale,
        double maxScale,
        int padding,
        Decoding decoding,
        Resizing resizing,
        double flip,
        double verticalFlip,
        double rotation,
        Optional<RandAugment> randAugment,
        ColorJitter jitter,
        double lighting,
        double erasing,
        RandomErasing.Fill erasingFill,
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

    public Augmentation {
        if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
            throw new IllegalArgumentException(
                    "scale is two fractions with 0 < first <= second <= 1, not " + minScale + " and " + maxScale);
        }
        if (padding < 0) {
            throw new IllegalArgumentException("padding is 0 pixels or more, not " + padding);
        }
        if (decoding == Decoding.REDUCED && crop != Crop.RANDOM_RESIZED) {
            throw new IllegalArgumentException(
                    "decode reduced needs crop random-resized, the only one that chooses its part of"
                            + " an image before it is decoded; the crop is " + crop.key());
        }
        OptionReader.requireAtLeast(1, repeats, TrainOption.AUG_REPEATS);
        requireProbability("hflip", flip);
        requireProbability("vflip", verticalFlip);
        requireProbability("reprob", erasing);
        if (!(rotation >= 0 && rotation <= 180)) {
            throw new IllegalArgumentException("rotate is an angle in [0, 180] degrees, not " + rotation);
        }
        if (!(lighting >= 0 && lighting < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lighting is a standard deviation, 0 or more, not " + lighting);
        }
    }

    /** A crop and a horizontal flip only. */
    public Augmentation(Crop crop, double minScale, double maxScale, int padding, double flip) {
        this(
                crop,
                minScale,
                maxScale,
                padding,
                Decoding.FULL,
                Resizing.SAME,
                flip,
                0,
                0,
                Optional.empty(),
                ColorJitter.NONE,
                0,
                0,
                RandomErasing.Fill.PIXEL,
                BatchMixing.NONE,
                1);
    }

    static Augmentation read(OptionReader options) {
        List<Double> scale = options.decimals(TrainOption.SCALE, 2);
        String policy = options.text(TrainOption.AA);
        return new Augmentation(
                options.constant(Crop.class, TrainOption.CROP),
                scale.get(0),
                scale.get(1),
                options.integer(TrainOption.PADDING),
                options.constant(Decoding.class, TrainOption.DECODE),
                options.constant(Resizing.class, TrainOption.TRAIN_INTERPOLATION),
                options.decimal(TrainOption.HFLIP),
                options.decimal(TrainOption.VFLIP),
                options.decimal(TrainOption.ROTATE),
                policy.equals(TrainOption.NO_POLICY)
                        ? Optional.empty()
                        : Optional.of(options.named(TrainOption.AA, () -> RandAugment.parse(policy))),
                jitter(options.decimals(TrainOption.COLOR_JITTER)),
                options.decimal(TrainOption.LIGHTING),
                options.decimal(TrainOption.REPROB),
                options.constant(RandomErasing.Fill.class, TrainOption.REMODE),
                new BatchMixing(options.decimal(TrainOption.MIXUP), options.decimal(TrainOption.CUTMIX)),
                options.integer(TrainOption.AUG_REPEATS));
    }

    private static ColorJitter jitter(List<Double> strengths) {
        return switch (strengths.size()) {
            case 1 -> new ColorJitter(strengths.get(0), strengths.get(0), strengths.get(0), 0);
            case 3 -> new ColorJitter(strengths.get(0), strengths.get(1), strengths.get(2), 0);
            case 4 -> new ColorJitter(strengths.get(0), strengths.get(1), strengths.get(2), strengths.get(3));
            default ->
                throw new IllegalArgumentException(TrainOption.COLOR_JITTER.key()
                        + ": expected 1 number for all, or those of brightness, contrast, saturation and perhaps"
                        + " hue, found " + strengths.size());
        };
    }

    private static void requireProbability(String option, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(option + " is a probability in [0, 1], not " + value);
        }
    }

    /** The pipeline of training images, in the size and interpolation of {@code preprocessing}; without {@link #mixing}. */
    public Pipeline pipeline(Preprocessing preprocessing) {
        List<Interpolation> choices = resizing.choices(preprocessing);
        List<ImageTransform> transforms = new ArrayList<>();
        List<ImageTransform> crops = choices.stream()
                .map(choice -> crop(preprocessing.withInterpolation(choice)))
                .toList();
        transforms.add(crops.size() == 1 ? crops.get(0) : new ImageTransform.OneOf(crops));
        if (crop == Crop.PADDED) {
            transforms.add(new ImageTransform.PaddedRandomCrop(preprocessing.inputSize(), padding));
        }
        transforms.add(new ImageTransform.HorizontalFlip(flip));
        if (verticalFlip > 0) {
            transforms.add(new ImageTransform.VerticalFlip(verticalFlip));
        }
        if (rotation > 0) {
            transforms.add(new RandomRotation(rotation, Sampling.NEAREST, RgbColor.BLACK));
        }
        randAugment.ifPresent(changes -> transforms.add(changes.withFill(RgbColor.meanOf(preprocessing))
                .withSamplings(choices.stream().map(Sampling::of).toList())));
        if (!jitter.equals(ColorJitter.NONE)) {
            transforms.add(jitter);
        }
        if (lighting > 0) {
            transforms.add(new Lighting(lighting));
        }
        if (erasing > 0) {
            transforms.add(new RandomErasing(erasing, erasingFill, preprocessing));
        }
        return new Pipeline(transforms);
    }

    private ImageTransform crop(Preprocessing preprocessing) {
        int side = preprocessing.inputSize();
        return switch (crop) {
            case RANDOM_RESIZED -> {
                ImageTransform.RandomResizedCrop part = new ImageTransform.RandomResizedCrop(
                        side, minScale, maxScale, 3.0 / 4, 4.0 / 3, preprocessing.interpolation());
                yield decoding == Decoding.REDUCED ? new ReducedDecoding(part) : part;
            }
            case PADDED -> new ImageTransform.ResizeAndCrop(side, side, preprocessing.interpolation());
            case NONE -> new ImageTransform.ResizeAndCrop(preprocessing.resize(), side, preprocessing.interpolation());
        };
    }
}
