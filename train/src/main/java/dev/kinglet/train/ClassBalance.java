package dev.kinglet.train;

import dev.kinglet.data.Dataset;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** What is done about classes of different sizes. */
public enum ClassBalance {
    /** Nothing: an epoch is every picture once. */
    NONE,
    /** An epoch has as many pictures, but equally many of every class. */
    SAMPLE,
    /** An epoch is every picture once, but in the loss those of small classes weigh more, so that classes weigh alike. */
    WEIGHTS;

    /**
     * What a picture of each class weighs, so that all classes together weigh the same and pictures 1 on average:
     * pictures / (classes x pictures of the class), and 0 for a class that has none.
     */
    public static List<Double> weights(Dataset pictures) {
        long[] counts = new long[pictures.labels().size()];
        for (int i = 0; i < pictures.size(); i++) {
            counts[pictures.label(i)]++;
        }
        double each = (double) pictures.size() / counts.length;
        return LongStream.of(counts)
                .mapToObj(count -> count == 0 ? 0.0 : each / count)
                .toList();
    }

    /** The name in files and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
