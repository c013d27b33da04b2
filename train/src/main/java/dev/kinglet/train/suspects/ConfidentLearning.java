package dev.kinglet.train.suspects;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Label errors by confident learning (Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels,
 * 2021). A class's threshold is the mean score that images labeled so have for it. An image counts in the confident joint by its
 * label and the class with the highest score of those whose threshold it reaches; where these are two classes, its label is
 * suspect. The joint, scaled to all images, estimates how many labels are wrong (equation 3), which is more than are confidently
 * so: that many images with the lowest normalized margins, below 0, are suspects (the paper's pruning by noise rate, of all
 * classes together). The margin, by which suspects are ranked, is the score of the label less that of the likely class.
 *
 * @param suspects the most suspicious first
 * @param estimate of all wrong labels
 */
public record ConfidentLearning(List<Suspect> suspects, double estimate) {
    private static final Comparator<Suspect> ORDER =
            Comparator.comparingDouble(Suspect::margin).thenComparingInt(Suspect::image);

    /** Images of a label that are likely of another class. */
    public record Pair(int label, int likely, int images) {}

    public ConfidentLearning {
        suspects = List.copyOf(suspects);
    }

    /**
     * @param images scored by a classifier that was not trained on them
     * @throws IllegalArgumentException if there are none, or fewer than two classes
     */
    public static ConfidentLearning of(ClassScores images) {
        if (images.images() == 0 || images.classes() < 2) {
            throw new IllegalArgumentException("label errors are found among images of at least two classes");
        }
        double[] thresholds = thresholds(images);
        int classes = images.classes();
        int[][] joint = new int[classes][classes];
        List<Suspect> suspects = new ArrayList<>();
        List<Suspect> others = new ArrayList<>(); // with a margin below 0
        for (int i = 0; i < images.images(); i++) {
            int label = images.labels()[i];
            int confident = highest(images, i, thresholds, -1);
            if (confident >= 0) {
                joint[label][confident]++;
            }
            int likely =
                    confident >= 0 && confident != label ? confident : highest(images, i, new double[classes], label);
            Suspect suspect = new Suspect(i, label, likely, images.score(i, label), images.score(i, likely));
            if (likely == confident) {
                suspects.add(suspect);
            } else if (suspect.margin() < 0) {
                others.add(suspect);
            }
        }
        double estimate = estimate(joint, images.sizes());
        others.sort(ORDER);
        long missing = Math.max(0, Math.round(estimate) - suspects.size());
        suspects.addAll(others.subList(0, (int) Math.min(missing, others.size())));
        suspects.sort(ORDER);
        return new ConfidentLearning(suspects, estimate);
    }

    /** The class with the highest score of those that reach their threshold, one left out; -1 if none does. */
    private static int highest(ClassScores images, int image, double[] thresholds, int leftOut) {
        int highest = -1;
        for (int k = 0; k < thresholds.length; k++) {
            if (k != leftOut
                    && images.score(image, k) >= thresholds[k]
                    && (highest < 0 || images.score(image, k) > images.score(image, highest))) {
                highest = k;
            }
        }
        return highest;
    }

    /** By class, the mean score that images labeled so have for it; of a class without images more than any score. */
    private static double[] thresholds(ClassScores images) {
        double[] thresholds = new double[images.classes()];
        int[] sizes = images.sizes();
        for (int i = 0; i < images.images(); i++) {
            int label = images.labels()[i];
            thresholds[label] += images.score(i, label);
        }
        for (int k = 0; k < thresholds.length; k++) {
            thresholds[k] = sizes[k] == 0 ? Double.POSITIVE_INFINITY : thresholds[k] / sizes[k];
        }
        return thresholds;
    }

    private static double estimate(int[][] counts, int[] sizes) {
        double wrong = 0;
        for (int label = 0; label < sizes.length; label++) {
            long confident = 0;
            for (int count : counts[label]) {
                confident += count;
            }
            if (confident > 0) {
                wrong += (double) (confident - counts[label][label]) / confident * sizes[label];
            }
        }
        return wrong;
    }

    /** Labels and likely classes of the suspects, the most frequent first. */
    public List<Pair> pairs() {
        Map<List<Integer>, Integer> counts = new TreeMap<>(
                Comparator.<List<Integer>>comparingInt(pair -> pair.get(0)).thenComparingInt(pair -> pair.get(1)));
        for (Suspect suspect : suspects) {
            counts.merge(List.of(suspect.label(), suspect.likely()), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .map(entry -> new Pair(entry.getKey().get(0), entry.getKey().get(1), entry.getValue()))
                .sorted(Comparator.comparingInt(Pair::images).reversed())
                .toList();
    }
}
