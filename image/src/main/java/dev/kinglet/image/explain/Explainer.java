package dev.kinglet.image.explain;

import dev.kinglet.image.Batch;
import java.util.List;

/** A network that shows where in an image it finds a class. Owns native memory until closed. */
public interface Explainer extends AutoCloseable {
    /** Choice of the classes of an image that maps are wanted of. */
    @FunctionalInterface
    interface ClassChoice {
        /**
         * Indices of the classes.
         *
         * @param logits {@code [classes]} of one image
         */
        int[] classes(float[] logits);
    }

    /**
     * Answers for images, each with one map per chosen class. One call at a time; others wait.
     *
     * @param images of the network's size; their labels do not matter
     * @return by image
     * @throws IllegalArgumentException if the images are of another size, or there is no class of a chosen index
     */
    List<Explanation> explain(Batch images, ClassChoice choice);

    @Override
    void close();
}
