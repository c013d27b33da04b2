package dev.kinglet.train.options;

import dev.kinglet.data.Dataset;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** What is done about classes of different sizes. */
public enum ClassBalance {
    /** Nothing: an epoch is every image once. */
    NONE,
    /** An epoch has as many images, but equally many of every class. */
    SAMPLE,
    /** An epoch is every image once, but in the loss those of small classes weigh more, so that classes weigh alike. */
    WEIGHTS;

    /**
     * What an image of each class weighs, so that all classes together weigh the same and images 1 on average:
     * images / (classes x images of the class), and 0 for a class that has none.
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
