package dev.kinglet.train.options;

import dev.kinglet.image.ImageTransform.PaddedRandomCrop;
import dev.kinglet.image.augment.Augmentation;
import dev.kinglet.image.augment.BatchMixing;
import dev.kinglet.image.augment.ColorJitter;
import dev.kinglet.image.augment.RandAugment;
import java.util.List;
import java.util.Optional;

/** The {@link Augmentation} that options describe. */
final class AugmentationReader {
    private AugmentationReader() {}

    /** @throws IllegalArgumentException if a value is none it can have; the message names the option */
    static Augmentation read(OptionReader options) {
        String policy = options.text(TrainOption.AA);
        return new Augmentation(
                cropping(options),
                options.constant(Augmentation.Resizing.class, TrainOption.TRAIN_INTERPOLATION),
                options.decimal(TrainOption.HFLIP),
                options.constant(Augmentation.FlipMode.class, TrainOption.FLIP_MODE),
                options.decimal(TrainOption.VFLIP),
                options.decimal(TrainOption.ROTATE),
                policy.equals(TrainOption.NO_POLICY)
                        ? Optional.empty()
                        : Optional.of(options.named(TrainOption.AA, () -> RandAugment.parse(policy))),
                jitter(options.decimals(TrainOption.COLOR_JITTER)),
                options.decimal(TrainOption.LIGHTING),
                new Augmentation.Erasing(
                        options.decimal(TrainOption.REPROB),
                        options.constant(Augmentation.Fill.class, TrainOption.REMODE)),
                new BatchMixing(options.decimal(TrainOption.MIXUP), options.decimal(TrainOption.CUTMIX)),
                options.integer(TrainOption.AUG_REPEATS));
    }

    private static Augmentation.Cropping cropping(OptionReader options) {
        List<Double> scale = options.decimals(TrainOption.SCALE, 2);
        return new Augmentation.Cropping(
                options.constant(Augmentation.Crop.class, TrainOption.CROP),
                scale.get(0),
                scale.get(1),
                options.integer(TrainOption.PADDING),
                options.constant(PaddedRandomCrop.Border.class, TrainOption.PADDING_MODE),
                options.constant(Augmentation.Decoding.class, TrainOption.DECODE));
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
}
