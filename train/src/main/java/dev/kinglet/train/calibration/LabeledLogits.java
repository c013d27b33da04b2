package dev.kinglet.train.calibration;

import dev.kinglet.network.Logits;
import java.util.Arrays;

/** A network's logits for labeled images. Owns copies; grows as images are added. Not thread-safe. */
public final class LabeledLogits {
    private static final int FIRST_IMAGES = 1024;

    private final int classes;
    private float[] logits; // [images, classes], row-major
    private int[] labels;
    private int images;

    /** @param classes of the network, a background class left out */
    public LabeledLogits(int classes) {
        if (classes < 1) {
            throw new IllegalArgumentException("a network has at least one class, not " + classes);
        }
        this.classes = classes;
        this.logits = new float[FIRST_IMAGES * classes];
        this.labels = new int[FIRST_IMAGES];
    }

    /**
     * Adds an image.
     *
     * @param image {@code [classes]}
     * @param label index of its class
     * @throws IllegalArgumentException if there are not as many logits, one is not finite, or there is no such class
     */
    public void add(float[] image, int label) {
        if (image.length != classes) {
            throw new IllegalArgumentException(
                    "an image has " + classes + " logits here, but there are " + image.length);
        }
        if (label < 0 || label >= classes) {
            throw new IllegalArgumentException("a class is 0 to " + (classes - 1) + ", not " + label);
        }
        for (float logit : image) {
            if (!Float.isFinite(logit)) {
                throw new IllegalArgumentException("a logit of image " + images + " is " + logit
                        + "; the network's weights are damaged, or those of a training that diverged");
            }
        }
        if (images == labels.length) {
            labels = Arrays.copyOf(labels, 2 * images);
            logits = Arrays.copyOf(logits, 2 * images * classes);
        }
        System.arraycopy(image, 0, logits, images * classes, classes);
        labels[images++] = label;
    }

    /** Number of images. */
    public int images() {
        return images;
    }

    /** Number of classes. */
    public int classes() {
        return classes;
    }

    /** The logits of an image, {@code [classes]}; a copy. */
    public float[] logits(int image) {
        return Arrays.copyOfRange(logits, image * classes, (image + 1) * classes);
    }

    /** The class of an image. */
    public int label(int image) {
        return labels[image];
    }

    /** The class with the highest logit; of equal ones the first. */
    int best(int image) {
        return Logits.argmax(logits, image * classes, classes);
    }

    float logit(int image, int label) {
        return logits[image * classes + label];
    }
}
