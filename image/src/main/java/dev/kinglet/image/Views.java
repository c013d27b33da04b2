package dev.kinglet.image;

import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a network is shown of an image that it classifies; the mean of its logits is its answer. */
public enum Views {
    /** The center, as everywhere else. */
    CENTER,
    /** The center, and the same mirrored. */
    FLIP,
    /** The four corners and the center (torchvision's FiveCrop). */
    FIVE_CROP;

    /** The name in options: {@code five-crop}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What makes each view, the center first. */
    public List<Pipeline> pipelines(Preprocessing preprocessing) {
        Pipeline center = Pipeline.evaluation(preprocessing);
        return switch (this) {
            case CENTER -> List.of(center);
            case FLIP -> {
                List<ImageTransform> mirrored = new ArrayList<>(center.transforms());
                mirrored.add(new ImageTransform.HorizontalFlip(1));
                yield List.of(center, new Pipeline(mirrored));
            }
            case FIVE_CROP ->
                Stream.concat(
                                Stream.of(center),
                                Stream.of(ImageTransform.ResizeAndCornerCrop.Corner.values())
                                        .map(corner -> new Pipeline(List.of(new ImageTransform.ResizeAndCornerCrop(
                                                preprocessing.resize(),
                                                preprocessing.inputSize(),
                                                corner,
                                                preprocessing.interpolation())))))
                        .toList();
        };
    }
}
