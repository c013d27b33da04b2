package dev.kinglet.data;

import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a network is shown of a picture that it classifies; the mean of its logits is its answer. */
public enum Views {
    /** The centre, as everywhere else. */
    CENTRE,
    /** The centre, and the same mirrored. */
    FLIP,
    /** The four corners and the centre (torchvision's FiveCrop). */
    FIVE_CROP;

    /** The name in options: {@code five-crop}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What makes each view, the centre first. */
    public List<Pipeline> pipelines(Preprocessing preprocessing) {
        Pipeline centre = Pipeline.evaluation(preprocessing);
        return switch (this) {
            case CENTRE -> List.of(centre);
            case FLIP -> {
                List<ImageTransform> mirrored = new ArrayList<>(centre.transforms());
                mirrored.add(new ImageTransform.HorizontalFlip(1));
                yield List.of(centre, new Pipeline(mirrored));
            }
            case FIVE_CROP ->
                Stream.concat(
                                Stream.of(centre),
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
