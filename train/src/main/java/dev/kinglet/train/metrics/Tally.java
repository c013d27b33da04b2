package dev.kinglet.train.metrics;

/** Counts answers of a network as they come, batch by batch. */
final class Tally {
    private static final int TOP = 5;

    private final ClassMap classes;
    private final int outputs; // of the network, dropped ones included
    private final int[] taking; // those that take part
    private final int[] truths;
    private final int[][] counts;
    private final float[] logits; // of one image, those that take part
    private long images;
    private long amongTop;
    private double lossSum;

    /** For a network of so many outputs, those that are dropped included. */
    Tally(ClassMap classes, int outputs) {
        this.classes = classes;
        this.outputs = outputs;
        this.taking = classes.outputs().stream().mapToInt(Integer::intValue).toArray();
        this.truths = classes.truths().stream().mapToInt(Integer::intValue).toArray();
        this.counts = new int[taking.length][taking.length];
        this.logits = new float[taking.length];
    }

    /** How many outputs "among the best" means: five, or all of a network that has fewer. */
    static int topK(int classes) {
        return Math.min(TOP, classes);
    }

    /** Images counted so far. */
    long images() {
        return images;
    }

    /**
     * Counts a batch.
     *
     * @param batchLogits {@code [labels.length, outputs]}, row-major
     * @param labels {@code [n]}, classes of the data
     */
    void add(float[] batchLogits, int[] labels) {
        if (batchLogits.length != labels.length * outputs) {
            throw new IllegalStateException("a batch of " + labels.length + " images has " + outputs
                    + " logits each, but there are " + batchLogits.length);
        }
        for (int i = 0; i < labels.length; i++) {
            for (int k = 0; k < taking.length; k++) {
                logits[k] = batchLogits[i * outputs + taking[k]];
            }
            add(truths[labels[i]]);
        }
    }

    private void add(int truth) {
        int highest = 0;
        int better = 0; // outputs that come before the true one; of equal ones, the first comes first
        for (int k = 0; k < logits.length; k++) {
            if (logits[k] > logits[highest]) {
                highest = k;
            }
            if (logits[k] > logits[truth] || (logits[k] == logits[truth] && k < truth)) {
                better++;
            }
        }
        images++;
        counts[truth][highest]++;
        lossSum += crossEntropy(truth, logits[highest]);
        if (better < topK(taking.length) && !Float.isNaN(logits[truth])) {
            amongTop++;
        }
    }

    /** {@code -log softmax}, from the highest down, so that nothing overflows. */
    private double crossEntropy(int truth, float highest) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((double) logit - highest);
        }
        return Math.log(sum) + highest - logits[truth];
    }

    /**
     * What it came to.
     *
     * @param seconds the whole evaluation took
     */
    Evaluation evaluation(long skipped, double seconds) {
        return new Evaluation(
                100.0 * amongTop / images,
                lossSum / images,
                skipped,
                images / seconds,
                new ConfusionMatrix(classes.labels(), counts));
    }
}
