package dev.kinglet.train.suspects;

import java.util.Arrays;

/**
 * Scores of labeled images, by a classifier that was not trained on them. Owns its arrays.
 *
 * @param classes how many there are
 * @param labels class of each image as it is labeled, {@code [images]}
 * @param scores softmax {@code [images * classes]}, row-major
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ClassScores(int classes, int[] labels, float[] scores) {
    public ClassScores {
        if (scores.length != (long) labels.length * classes) {
            throw new IllegalArgumentException(
                    labels.length + " images of " + classes + " classes do not have " + scores.length + " scores");
        }
        if (Arrays.stream(labels).anyMatch(label -> label < 0 || label >= classes)) {
            throw new IllegalArgumentException("a label is outside 0 to " + (classes - 1));
        }
    }

    /** Number of images. */
    public int images() {
        return labels.length;
    }

    double score(int image, int label) {
        return scores[image * classes + label];
    }

    /** Images of each class as they are labeled, {@code [classes]}. */
    int[] sizes() {
        int[] sizes = new int[classes];
        for (int label : labels) {
            sizes[label]++;
        }
        return sizes;
    }
}
