package dev.kinglet.toolkit.explain;

import dev.kinglet.image.RgbImage;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.infer.LabeledScore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An image with its maps, or the reason why there are none.
 *
 * @param number of the image in the call, from 0
 * @param prepared the image as the network sees it: resized and cropped; empty if it could not be read
 * @param maps the predicted class's first; empty if there is an error
 * @param error why there are no maps; empty if there are
 */
public record ExplainedImage(int number, Path source, Optional<RgbImage> prepared, List<ClassMap> maps, String error) {
    /**
     * The map of one class.
     *
     * @param score the class with its score
     */
    public record ClassMap(LabeledScore score, HeatMap map) {}

    public ExplainedImage {
        maps = List.copyOf(maps);
    }

    /** Whether there are maps. */
    public boolean isExplained() {
        return error.isEmpty();
    }
}
