package dev.kinglet.image;

import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The crops of an image that a network classifies (test-time augmentation); its answer is the mean of their logits. */
public enum Views {
    /** The center crop, as everywhere else. */
    CENTER,
    /** The center crop, and the same flipped horizontally. */
    FLIP,
    /** The four corners and the center (torchvision's FiveCrop). */
    FIVE_CROP;

    /** The name in options: {@code five-crop}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The pipeline of each view, the center first. */
    public List<Pipeline> pipelines(Preprocessing preprocessing) {
        Pipeline center = Pipeline.evaluation(preprocessing);
        return switch (this) {
            case CENTER -> List.of(center);
            case FLIP -> {
                List<ImageTransform> flipped = new ArrayList<>(center.transforms());
                flipped.add(new ImageTransform.HorizontalFlip(1));
                yield List.of(center, new Pipeline(flipped));
            }
            case FIVE_CROP ->
                Stream.concat(
                                Stream.of(center),
                                Stream.of(ImageTransform.ResizeAndCornerCrop.Corner.values())
                                        .map(corner -> new Pipeline(List.of(new ImageTransform.ResizeAndCornerCrop(
                                                preprocessing.resize(),
                                                preprocessing.resizedSide(),
                                                preprocessing.inputSize(),
                                                corner,
                                                preprocessing.interpolation())))))
                        .toList();
        };
    }
}
