package dev.kinglet.train.suspects;

import dev.kinglet.image.RandomStreams;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Cross-validated multinomial logistic regression on embeddings: each image is scored by a classifier that was fitted to the
 * images of the other folds. Embeddings are centered and scaled to length 1; the penalty on the weights is the one of {@link
 * #PENALTIES} with the least loss on the first fold.
 *
 * @param folds parts that the images of each class are divided into, at random
 * @param seed of this division and of the order of the images
 */
public record LinearProbe(int folds, long seed) {
    static final List<Double> PENALTIES = List.of(1e-5, 1e-4, 1e-3);
    private static final int EPOCHS = 20;
    private static final int BATCH = 32;
    private static final double STEP = 8; // the softmax loss of vectors of length 1 curves by at most 1/2

    public LinearProbe {
        if (folds < 2) {
            throw new IllegalArgumentException("cross-validation takes at least 2 folds, not " + folds);
        }
    }

    /**
     * Scores every image.
     *
     * @param embeddings {@code [images * features]}, row-major; centered and scaled in place
     * @param labels class of each image, {@code [images]}; every class has none or at least {@code folds} images
     * @param check called now and then; ends the work by throwing
     */
    public ClassScores scores(float[] embeddings, int[] labels, int classes, Runnable check) {
        int features = embeddings.length / labels.length;
        normalize(embeddings, features);
        int[] fold = divided(labels, classes);
        double[] losses = PENALTIES.stream()
                .parallel()
                .mapToDouble(penalty -> loss(
                        new Fold(embeddings, features, labels, classes, fold, 0).fitted(penalty, check), labels, fold))
                .toArray();
        int least = IntStream.range(0, losses.length)
                .reduce((best, next) -> losses[next] < losses[best] ? next : best)
                .orElseThrow();
        float[] scores = new float[labels.length * classes];
        List<Supplier<float[]>> parts = IntStream.range(0, folds)
                .<Supplier<float[]>>mapToObj(
                        number -> () -> new Fold(embeddings, features, labels, classes, fold, number)
                                .fitted(PENALTIES.get(least), check))
                .toList();
        List<float[]> all = parts.stream().parallel().map(Supplier::get).toList();
        for (int i = 0; i < labels.length; i++) {
            System.arraycopy(all.get(fold[i]), i * classes, scores, i * classes, classes);
        }
        return new ClassScores(classes, labels.clone(), scores);
    }

    private static double loss(float[] scores, int[] labels, int[] fold) {
        int classes = scores.length / labels.length;
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            if (fold[i] == 0) {
                sum -= Math.log(Math.max(scores[i * classes + labels[i]], Float.MIN_NORMAL));
            }
        }
        return sum;
    }

    /** Subtracts the mean embedding from each, and divides it by its length. */
    private static void normalize(float[] embeddings, int features) {
        double[] mean = new double[features];
        int images = embeddings.length / features;
        for (int i = 0; i < embeddings.length; i++) {
            mean[i % features] += embeddings[i] / (double) images;
        }
        for (int i = 0; i < images; i++) {
            double square = 0;
            for (int f = 0; f < features; f++) {
                double centered = embeddings[i * features + f] - mean[f];
                square += centered * centered;
            }
            double length = Math.max(Math.sqrt(square), 1e-12);
            for (int f = 0; f < features; f++) {
                embeddings[i * features + f] = (float) ((embeddings[i * features + f] - mean[f]) / length);
            }
        }
    }

    /** The fold of each image: those of a class are dealt out in a random order. */
    private int[] divided(int[] labels, int classes) {
        int[] fold = new int[labels.length];
        int[] dealt = new int[classes];
        for (int image : RandomStreams.order(seed, 0, labels.length)) {
            fold[image] = dealt[labels[image]]++ % folds;
        }
        return fold;
    }

    /** The classifier that scores one fold. */
    private final class Fold {
        private final float[] embeddings;
        private final int features;
        private final int[] labels;
        private final int classes;
        private final int[] fold;
        private final int number;
        private final float[] weights; // [classes][features]
        private final float[] bias; // [classes]

        Fold(float[] embeddings, int features, int[] labels, int classes, int[] fold, int number) {
            this.embeddings = embeddings;
            this.features = features;
            this.labels = labels;
            this.classes = classes;
            this.fold = fold;
            this.number = number;
            this.weights = new float[classes * features];
            this.bias = new float[classes];
        }

        /** Scores {@code [images * classes]}, those of other folds' images left 0. */
        float[] fitted(double penalty, Runnable check) {
            int[] others = IntStream.range(0, labels.length)
                    .filter(i -> fold[i] != number)
                    .toArray();
            int steps = EPOCHS * ((others.length + BATCH - 1) / BATCH);
            int step = 0;
            float[] errors = new float[BATCH * classes];
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                check.run();
                int[] order = RandomStreams.order(seed, epoch + 1, others.length);
                for (int first = 0; first < order.length; first += BATCH) {
                    int count = Math.min(BATCH, order.length - first);
                    double rate = STEP * 0.5 * (1 + Math.cos(Math.PI * step++ / steps));
                    for (int i = 0; i < count; i++) {
                        int image = others[order[first + i]];
                        softmax(image, errors, i * classes);
                        errors[i * classes + labels[image]] -= 1;
                    }
                    float decay = (float) (1 - rate * penalty);
                    for (int w = 0; w < weights.length; w++) {
                        weights[w] *= decay;
                    }
                    for (int i = 0; i < count; i++) {
                        int image = others[order[first + i]];
                        for (int k = 0; k < classes; k++) {
                            float factor = (float) (-rate / count * errors[i * classes + k]);
                            add(factor, image, k);
                            bias[k] += factor;
                        }
                    }
                }
            }
            float[] scores = new float[labels.length * classes];
            for (int i = 0; i < labels.length; i++) {
                if (fold[i] == number) {
                    softmax(i, scores, i * classes);
                }
            }
            return scores;
        }

        private void add(float factor, int image, int label) {
            int from = image * features;
            int to = label * features;
            for (int f = 0; f < features; f++) {
                weights[to + f] += factor * embeddings[from + f];
            }
        }

        private void softmax(int image, float[] into, int at) {
            float highest = Float.NEGATIVE_INFINITY;
            for (int k = 0; k < classes; k++) {
                into[at + k] = bias[k] + dot(image * features, k * features);
                highest = Math.max(highest, into[at + k]);
            }
            double sum = 0;
            for (int k = 0; k < classes; k++) {
                into[at + k] = (float) Math.exp(into[at + k] - highest);
                sum += into[at + k];
            }
            for (int k = 0; k < classes; k++) {
                into[at + k] /= (float) sum;
            }
        }

        /** In four sums, which the processor adds at once. */
        private float dot(int from, int at) {
            float a = 0;
            float b = 0;
            float c = 0;
            float d = 0;
            int f = 0;
            for (; f + 3 < features; f += 4) {
                a += embeddings[from + f] * weights[at + f];
                b += embeddings[from + f + 1] * weights[at + f + 1];
                c += embeddings[from + f + 2] * weights[at + f + 2];
                d += embeddings[from + f + 3] * weights[at + f + 3];
            }
            for (; f < features; f++) {
                a += embeddings[from + f] * weights[at + f];
            }
            return a + b + (c + d);
        }
    }
}
