package dev.kinglet.train.run;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.train.metrics.Predictions;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The misclassified images with the highest losses.
 *
 * @param worst the highest loss first; in a list of predictions without losses, the highest score
 * @param all how many images are misclassified
 */
record WorstMistakes(List<Mistake> worst, int all) {
    /**
     * A misclassified image.
     *
     * @param image as the network sees it; empty if it can no longer be read
     */
    record Mistake(Predictions.Row row, Optional<RgbImage> image) {}

    private static final int MAX_SHOWN = 48;

    /**
     * @param predictions of images of {@code data}
     * @param pipeline of evaluation
     */
    static WorstMistakes of(List<Predictions.Row> predictions, Dataset data, Pipeline pipeline) {
        List<Predictions.Row> wrong = predictions.stream()
                .filter(row -> !row.isCorrect())
                .sorted(Comparator.<Predictions.Row>comparingDouble(row -> hasLoss(row) ? row.loss() : 0)
                        .thenComparingDouble(Predictions.Row::score)
                        .reversed())
                .toList();
        List<Predictions.Row> shown = wrong.subList(0, Math.min(MAX_SHOWN, wrong.size()));
        Map<String, RgbImage> images = images(shown, data, pipeline);
        return new WorstMistakes(
                shown.stream()
                        .map(row -> new Mistake(row, Optional.ofNullable(images.get(row.file()))))
                        .toList(),
                wrong.size());
    }

    private static Map<String, RgbImage> images(List<Predictions.Row> rows, Dataset data, Pipeline pipeline) {
        Set<String> wanted = rows.stream().map(Predictions.Row::file).collect(Collectors.toSet());
        Map<String, RgbImage> images = new HashMap<>();
        for (int index = 0; index < data.size() && images.size() < wanted.size(); index++) {
            String name = data.name(index);
            if (wanted.contains(name)) {
                try {
                    images.put(name, pipeline.apply(data.image(index)));
                } catch (ImageException e) {
                    // can no longer be read
                }
            }
        }
        return images;
    }

    private static boolean hasLoss(Predictions.Row row) {
        return !Double.isNaN(row.loss());
    }

    /** What the highest of comes first: {@code losses} or {@code scores}. */
    String order() {
        return worst.stream().map(Mistake::row).allMatch(WorstMistakes::hasLoss) ? "losses" : "scores";
    }
}
