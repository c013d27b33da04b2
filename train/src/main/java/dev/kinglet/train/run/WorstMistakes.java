package dev.kinglet.train.run;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatOverlay;
import dev.kinglet.train.metrics.Predictions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
     * @param maps where the network found the classes; empty if that is not known
     */
    record Mistake(Predictions.Row row, Optional<RgbImage> image, Optional<Maps> maps) {}

    /** The image with heat maps over it. */
    record Maps(RgbImage ofPredicted, RgbImage ofTrue) {}

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
                        .map(row -> new Mistake(row, Optional.ofNullable(images.get(row.file())), Optional.empty()))
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

    /**
     * The same with heat maps of the predicted and of the true class.
     *
     * @param first how many of the images get them
     * @param labels of the explainer's outputs; where several have one name, the map is of the one with the highest logit
     * @param stop asked before each image whether to leave out the rest
     */
    WorstMistakes explained(int first, Explainer explainer, List<String> labels, BooleanSupplier stop) {
        List<Mistake> explained = new ArrayList<>(worst);
        for (int i = 0; i < Math.min(first, worst.size()) && !stop.getAsBoolean(); i++) {
            Mistake mistake = worst.get(i);
            boolean isKnown = labels.contains(mistake.row().label())
                    && labels.contains(mistake.row().predicted());
            if (isKnown && mistake.image().isPresent()) {
                RgbImage image = mistake.image().get();
                Maps maps = maps(mistake.row(), image, explainer, labels);
                explained.set(i, new Mistake(mistake.row(), mistake.image(), Optional.of(maps)));
            }
        }
        return new WorstMistakes(List.copyOf(explained), all);
    }

    private static Maps maps(Predictions.Row row, RgbImage image, Explainer explainer, List<String> labels) {
        Batch batch = ContactSheets.batch(List.of(image), image.width(), new int[1]);
        Explanation explanation = explainer
                .explain(batch, logits ->
                        new int[] {named(row.predicted(), labels, logits), named(row.label(), labels, logits)})
                .get(0);
        float[] logits = explanation.logits();
        return new Maps(
                HeatOverlay.over(image, explanation.map(named(row.predicted(), labels, logits))),
                HeatOverlay.over(image, explanation.map(named(row.label(), labels, logits))));
    }

    /** The class of that name, of several the one with the highest logit. */
    private static int named(String label, List<String> labels, float[] logits) {
        return IntStream.range(0, logits.length)
                .filter(index -> labels.get(index).equals(label))
                .boxed()
                .max(Comparator.comparingDouble(index -> logits[index]))
                .orElseThrow();
    }

    private static boolean hasLoss(Predictions.Row row) {
        return !Double.isNaN(row.loss());
    }

    /** What the highest of comes first: {@code losses} or {@code scores}. */
    String order() {
        return worst.stream().map(Mistake::row).allMatch(WorstMistakes::hasLoss) ? "losses" : "scores";
    }
}
