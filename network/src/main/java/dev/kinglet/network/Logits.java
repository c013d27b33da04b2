package dev.kinglet.network;

/** Arithmetic on the outputs of a classifier. */
public final class Logits {
    private Logits() {}

    /** Index of the highest of all values; of equal ones the first. */
    public static int argmax(float[] logits) {
        return argmax(logits, 0, logits.length);
    }

    /** Position, counted from {@code offset}, of the highest of {@code count} values; of equal ones the first. */
    public static int argmax(float[] logits, int offset, int count) {
        int highest = 0;
        for (int i = 1; i < count; i++) {
            if (logits[offset + i] > logits[offset + highest]) {
                highest = i;
            }
        }
        return highest;
    }

    /** Softmax in double precision, relative to the highest value, so that nothing overflows. */
    public static double[] softmax(float[] logits) {
        double highest = logits[argmax(logits)];
        double[] scores = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            scores[i] = Math.exp(logits[i] - highest);
            sum += scores[i];
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] /= sum;
        }
        return scores;
    }

    /** {@code -log softmax} of one of the values, which is the cross-entropy of an image of that class. */
    public static double crossEntropy(float[] logits, int truth) {
        return logSumExp(logits) - logits[truth];
    }

    /** {@code log(sum(exp(logits)))} in double precision, without overflow. */
    public static double logSumExp(float[] logits) {
        double highest = logits[argmax(logits)];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - highest);
        }
        return Math.log(sum) + highest;
    }
}
