package dev.kinglet.train.metrics;

import dev.kinglet.base.Plural;
import dev.kinglet.train.calibration.Reliability;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts of an evaluation, of which several parts are added, exactly and in any order, to those of all images.
 *
 * @param top5 images whose class was among the five highest logits
 * @param lossSum of the cross-entropies that are finite, without rounding
 * @param notFiniteSum of the other cross-entropies, infinite or NaN; 0 if there are none
 * @param skipped images that could not be used
 * @param unknown images of classes that the network does not know
 * @param scores of the predicted classes, those images left out; not to be changed
 * @param calibrated the same of the scores with the card's temperature
 */
public record EvaluationTotals(
        long top5,
        BigDecimal lossSum,
        double notFiniteSum,
        long skipped,
        long unknown,
        ConfusionMatrix confusion,
        Reliability.Counts scores,
        Reliability.Counts calibrated) {
    /** No images, of these classes. */
    public static EvaluationTotals none(List<String> labels) {
        return new EvaluationTotals(
                0,
                BigDecimal.ZERO,
                0,
                0,
                0,
                new ConfusionMatrix(labels, new int[labels.size()][labels.size()]),
                new Reliability.Counts(),
                new Reliability.Counts());
    }

    /**
     * These and others.
     *
     * @throws IllegalArgumentException if they are of other classes
     */
    public EvaluationTotals plus(EvaluationTotals other) {
        List<String> labels = confusion.labels();
        if (!other.confusion.labels().equals(labels)) {
            throw new IllegalArgumentException(
                    "totals of the classes " + labels + " and of " + other.confusion.labels() + " cannot be added");
        }
        List<int[]> counts = new ArrayList<>();
        for (int truth = 0; truth < labels.size(); truth++) {
            int[] row = new int[labels.size()];
            for (int predicted = 0; predicted < row.length; predicted++) {
                row[predicted] =
                        Math.addExact(confusion.count(truth, predicted), other.confusion.count(truth, predicted));
            }
            counts.add(row);
        }
        return new EvaluationTotals(
                top5 + other.top5,
                lossSum.add(other.lossSum),
                notFiniteSum + other.notFiniteSum,
                skipped + other.skipped,
                unknown + other.unknown,
                new ConfusionMatrix(labels, counts.toArray(int[][]::new)),
                scores.plus(other.scores),
                calibrated.plus(other.calibrated));
    }

    /**
     * What they come to.
     *
     * @param seconds the whole evaluation took
     * @throws IOException if no image is of a class that the network knows
     */
    public Evaluation evaluation(double seconds) throws IOException {
        long images = confusion.images();
        if (images == 0) {
            throw new IOException(
                    "none of the " + Plural.of(unknown, "image") + " is of a class that the network knows by name");
        }
        return new Evaluation(
                100.0 * top5 / images,
                (lossSum.doubleValue() + notFiniteSum) / images,
                skipped,
                unknown,
                images / seconds,
                confusion);
    }
}
