package dev.kinglet.train.suspects;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Label errors by confident learning (Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels,
 * 2021). A class's threshold is the mean score that images labeled so have for it. An image counts in the confident joint by its
 * label and the class with the highest score of those whose threshold it reaches; where these are two classes, its label is
 * suspect. Suspects are ranked by normalized margin, the score of the label less that of the likely class.
 *
 * @param suspects the most suspicious first
 * @param joint confident joint: images by label and likely class, {@code [classes][classes]}
 * @param estimate of all wrong labels, those that are not confident included: each row of the joint scaled to all images of its
 *     label (the paper's equation 3)
 */
public record ConfidentLearning(List<Suspect> suspects, List<List<Integer>> joint, double estimate) {
    /** Images of a label that are likely of another class. */
    public record Pair(int label, int likely, int images) {}

    public ConfidentLearning {
        suspects = List.copyOf(suspects);
        joint = joint.stream().map(List::copyOf).toList();
    }

    /**
     * @param images scored by a classifier that was not trained on them
     * @throws IllegalArgumentException if there are none
     */
    public static ConfidentLearning of(ClassScores images) {
        if (images.images() == 0) {
            throw new IllegalArgumentException("label errors are found among at least one image");
        }
        double[] thresholds = thresholds(images);
        int classes = images.classes();
        int[][] counts = new int[classes][classes];
        List<Suspect> suspects = new ArrayList<>();
        for (int i = 0; i < images.images(); i++) {
            int label = images.labels()[i];
            int likely = -1;
            for (int k = 0; k < classes; k++) {
                if (images.score(i, k) >= thresholds[k]
                        && (likely < 0 || images.score(i, k) > images.score(i, likely))) {
                    likely = k;
                }
            }
            if (likely < 0) {
                continue;
            }
            counts[label][likely]++;
            if (likely != label) {
                suspects.add(new Suspect(i, label, likely, images.score(i, label), images.score(i, likely)));
            }
        }
        suspects.sort(Comparator.comparingDouble(Suspect::margin).thenComparingInt(Suspect::image));
        return new ConfidentLearning(suspects, lists(counts), estimate(counts, images.sizes()));
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

    private static List<List<Integer>> lists(int[][] counts) {
        List<List<Integer>> rows = new ArrayList<>();
        for (int[] row : counts) {
            List<Integer> cells = new ArrayList<>();
            for (int count : row) {
                cells.add(count);
            }
            rows.add(cells);
        }
        return rows;
    }

    /** Labels and likely classes of the suspects, the most frequent first. */
    public List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int label = 0; label < joint.size(); label++) {
            for (int likely = 0; likely < joint.size(); likely++) {
                int count = joint.get(label).get(likely);
                if (label != likely && count > 0) {
                    pairs.add(new Pair(label, likely, count));
                }
            }
        }
        pairs.sort(Comparator.comparingInt(Pair::images).reversed());
        return pairs;
    }
}
