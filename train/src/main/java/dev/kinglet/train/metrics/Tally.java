package dev.kinglet.train.metrics;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Logits;
import dev.kinglet.train.calibration.Reliability;
import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts answers of a network as they come. Not thread-safe. */
public final class Tally {
    private static final int TOP = 5;

    private final ClassMap classes;
    private final OptionalDouble temperature;
    private final int outputs; // of the network, dropped ones included
    private final int[] taking; // those that take part
    private final int[] truths;
    private final int[][] counts;
    private final float[] logits; // of one image, those that take part
    private final Consumer<Prediction> listener;
    private final @Nullable SharedAnswers shared; // null: this process scores all images
    private long seen;
    private long unknown; // images of classes that the network does not know
    private long amongTop;
    private BigDecimal lossSum = BigDecimal.ZERO; // exact, so that the order of the images does not matter
    private double notFiniteSum; // of the others
    private final Reliability.Counts scores = new Reliability.Counts();
    private final Reliability.Counts calibrated = new Reliability.Counts();
    private long skipped;

    /**
     * For a network's answers to images of these classes.
     *
     * @param dataLabels class names of the data, by index
     * @throws IllegalArgumentException if the network's classes are not those of the data
     */
    public static Tally of(Card card, List<String> dataLabels) {
        return new Tally(
                ClassMap.of(card, dataLabels), card.temperature(), card.labels().size(), prediction -> {}, null);
    }

    /**
     * For a network of so many outputs, those that are dropped included.
     *
     * @param temperature of its card
     * @param shared where answers are collected until {@link #count}; null: they are counted as they come
     */
    Tally(
            ClassMap classes,
            OptionalDouble temperature,
            int outputs,
            Consumer<Prediction> listener,
            @Nullable SharedAnswers shared) {
        this.temperature = temperature;
        this.listener = listener;
        this.shared = shared;
        this.classes = classes;
        this.outputs = outputs;
        this.taking = classes.outputs().stream().mapToInt(Integer::intValue).toArray();
        this.truths = classes.truths().stream().mapToInt(Integer::intValue).toArray();
        this.counts = new int[taking.length][taking.length];
        this.logits = new float[taking.length];
    }

    /** Images seen so far. */
    long images() {
        return seen;
    }

    /**
     * Counts a batch.
     *
     * @param batchLogits {@code [batch.size(), outputs]}, row-major
     */
    void add(float[] batchLogits, Batch batch) {
        if (batchLogits.length != batch.size() * outputs) {
            throw new IllegalStateException("a batch of " + batch.size() + " images has " + outputs
                    + " logits each, but there are " + batchLogits.length);
        }
        for (int i = 0; i < batch.size(); i++) {
            add(batchLogits, i * outputs, batch.labels()[i], batch.indices()[i]);
        }
    }

    /**
     * Counts one image.
     *
     * @param imageLogits of all outputs, those that are dropped included
     * @param label of the image, an index of the data's classes
     */
    public void add(float[] imageLogits, int label) {
        if (imageLogits.length != outputs) {
            throw new IllegalArgumentException(
                    "an image has " + outputs + " logits here, but there are " + imageLogits.length);
        }
        add(imageLogits, 0, label, 0);
    }

    private void add(float[] from, int first, int label, int index) {
        for (int k = 0; k < taking.length; k++) {
            logits[k] = from[first + taking[k]];
        }
        add(truths[label], index);
    }

    /** Counts an image that could not be used. */
    public void skip() {
        skip(1);
    }

    void skip(long count) {
        skipped += count;
    }

    private void add(int truth, int index) {
        seen++;
        int highest = Logits.argmax(logits);
        double loss = truth == ClassMap.UNKNOWN ? Double.NaN : Logits.crossEntropy(logits, truth);
        double score = Logits.softmax(logits)[highest];
        double calibrated = temperature.isPresent() ? scaled(highest, temperature.getAsDouble()) : score;
        Prediction prediction = new Prediction(index, highest, truth == highest, score, calibrated, loss);
        boolean amongHighest = truth != ClassMap.UNKNOWN && isAmongHighest(truth);
        if (shared == null) {
            count(prediction, truth, amongHighest);
        } else {
            shared.add(prediction, truth, amongHighest);
        }
    }

    /** Softmax of an output of the image, its logits divided by a temperature. */
    private double scaled(int output, double degree) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((logit - logits[output]) / degree);
        }
        return 1 / sum;
    }

    private boolean isAmongHighest(int truth) {
        int better = 0; // outputs that come before the true one; of equal ones, the first comes first
        for (int k = 0; k < logits.length; k++) {
            if (logits[k] > logits[truth] || (logits[k] == logits[truth] && k < truth)) {
                better++;
            }
        }
        return better < TOP && !Float.isNaN(logits[truth]);
    }

    /**
     * Counts an answer.
     *
     * @param truth class of the image, or {@link ClassMap#UNKNOWN}
     * @param amongHighest whether it is one of the five that the network gives the highest logits
     */
    void count(Prediction prediction, int truth, boolean amongHighest) {
        listener.accept(prediction);
        if (truth == ClassMap.UNKNOWN) {
            unknown++;
            return;
        }
        counts[truth][prediction.predicted()]++;
        scores.add(prediction.score(), prediction.correct());
        calibrated.add(prediction.calibrated(), prediction.correct());
        double loss = prediction.loss();
        if (Double.isFinite(loss)) {
            lossSum = lossSum.add(new BigDecimal(loss));
        } else {
            notFiniteSum += loss;
        }
        if (amongHighest) {
            amongTop++;
        }
    }

    /** The counts so far. */
    public EvaluationTotals totals() {
        return new EvaluationTotals(
                amongTop,
                lossSum,
                notFiniteSum,
                skipped,
                unknown,
                new ConfusionMatrix(classes.labels(), counts),
                scores.plus(new Reliability.Counts()), // a copy
                calibrated.plus(new Reliability.Counts()));
    }
}
