package dev.kinglet.train.run;

import dev.kinglet.image.Batch;
import dev.kinglet.train.calibration.LabeledLogits;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.metrics.Evaluation;
import dev.kinglet.train.metrics.Scorer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Logits that an evaluation of the validation images makes, kept to fit a temperature on: those of the center view, which is the
 * one that images are classified by. Of many images and classes every nth image's, so that they take at most 64 MiB.
 */
final class ValidationLogits {
    private static final int MAX_LOGITS = 1 << 24;
    private static final int SUMMED = 1 << 20; // values that processes exchange at once

    private final int classes;
    private final int every;
    private final float[] logits; // [images that are kept][classes]
    private final int[] labels; // -1: not seen

    /** @param images of the data set */
    ValidationLogits(int images, int classes) {
        this.classes = classes;
        this.every = Math.toIntExact(Math.max(1, ((long) images * classes + MAX_LOGITS - 1) / MAX_LOGITS));
        int kept = (images + every - 1) / every;
        this.logits = new float[kept * classes];
        this.labels = new int[kept];
        Arrays.fill(labels, -1);
    }

    /** The scorer, whose logits are kept; of several views of an image those of the first. */
    Scorer of(Scorer scorer) {
        return new Scorer() {
            @Override
            public int classes() {
                return scorer.classes();
            }

            @Override
            public float[] logits(Batch batch) {
                float[] all = scorer.logits(batch);
                for (int i = 0; i < batch.size(); i++) {
                    keep(all, i * classes, batch.indices()[i], batch.labels()[i]);
                }
                return all;
            }
        };
    }

    private void keep(float[] from, int first, int index, int label) {
        int kept = index / every;
        if (index % every != 0 || labels[kept] >= 0) {
            return;
        }
        for (int k = first; k < first + classes; k++) {
            if (!Float.isFinite(from[k])) {
                return;
            }
        }
        System.arraycopy(from, first, logits, kept * classes, classes);
        labels[kept] = label;
    }

    /** Why no temperature is fitted after an evaluation; empty if one is. */
    static Optional<String> obstacle(Evaluation evaluation) {
        if (evaluation.images() < TemperatureScaling.FEWEST_IMAGES) {
            return Optional.of(evaluation.images() + " validation images are too few to fit a temperature on; at least "
                    + TemperatureScaling.FEWEST_IMAGES + " are needed");
        }
        return evaluation.confusion().correct() == evaluation.images()
                ? Optional.of("every validation image is classified correctly, so that none tells how often the scores"
                        + " are wrong")
                : Optional.empty();
    }

    /**
     * The temperature of the images that the processes of a group have scored, the same in each; empty if there is none, as with
     * logits that say nothing of the classes.
     */
    Optional<TemperatureScaling> fit(ProcessGroup group) throws IOException {
        share(group);
        LabeledLogits table = new LabeledLogits(classes);
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] >= 0) {
                table.add(Arrays.copyOfRange(logits, i * classes, (i + 1) * classes), labels[i]);
            }
        }
        if (table.images() == 0) {
            return Optional.empty();
        }
        TemperatureScaling scaling = TemperatureScaling.of(table);
        return scaling.isAtLimit() ? Optional.empty() : Optional.of(scaling);
    }

    /** Gives every process all logits: each has its own images', and zeros for the others'. */
    private void share(ProcessGroup group) throws IOException {
        if (group.size() == 1) {
            return;
        }
        double[] seen = new double[labels.length];
        Arrays.setAll(seen, i -> labels[i] + 1);
        group.sum(seen);
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (int) seen[i] - 1;
        }
        for (int first = 0; first < logits.length; first += SUMMED) {
            double[] values = new double[Math.min(SUMMED, logits.length - first)];
            for (int i = 0; i < values.length; i++) {
                values[i] = logits[first + i];
            }
            group.sum(values);
            for (int i = 0; i < values.length; i++) {
                logits[first + i] = (float) values[i];
            }
            group.progress();
        }
    }
}
