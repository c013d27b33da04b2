package dev.kinglet.train.options;

import dev.kinglet.data.Dataset;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** Remedy for classes of different sizes. */
public enum ClassBalance {
    /** Nothing: an epoch is every image once. */
    NONE,
    /** An epoch has as many images, but equally many of every class. */
    SAMPLE,
    /** An epoch is every image once, but images of small classes have a larger weight in the loss. */
    WEIGHTS;

    /**
     * Weight of an image of each class, so that all classes have the same total weight, and an image has weight 1 on
     * average: images / (classes x images of the class), and 0 for a class without images.
     */
    public static List<Double> weights(Dataset images) {
        long[] counts = new long[images.labels().size()];
        for (int i = 0; i < images.size(); i++) {
            counts[images.label(i)]++;
        }
        double each = (double) images.size() / counts.length;
        return LongStream.of(counts)
                .mapToObj(count -> count == 0 ? 0.0 : each / count)
                .toList();
    }

    /** The name in files and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
