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
    /**
     * The center crop, and the same shifted by one pixel to the upper left and to the lower right with the image reflected at
     * its edge; and all three flipped horizontally (Jordan, 2024, section 3.5, who weighs the center twice).
     */
    FLIP_SHIFT,
    /** The four corners and the center (torchvision's FiveCrop). */
    FIVE_CROP;

    private static final ImageTransform FLIPPED = new ImageTransform.HorizontalFlip(1);

    private static Pipeline then(Pipeline view, ImageTransform transform) {
        List<ImageTransform> all = new ArrayList<>(view.transforms());
        all.add(transform);
        return new Pipeline(all);
    }

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
            case FLIP -> List.of(center, then(center, FLIPPED));
            case FLIP_SHIFT ->
                Stream.of(0, -1, 1)
                        .map(pixels -> pixels == 0 ? center : then(center, new ImageTransform.Shift(pixels)))
                        .flatMap(view -> Stream.of(view, then(view, FLIPPED)))
                        .toList();
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
