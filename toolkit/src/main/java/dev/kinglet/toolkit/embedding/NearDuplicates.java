package dev.kinglet.toolkit.embedding;

import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.SkippedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Pairs of images of a data source that are nearly the same. Near duplicates across the splits raise the measured accuracy
 * (Barz and Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", 2020). Pairs are candidates to look at.
 *
 * @param threshold of the similarity
 * @param images that were compared
 * @param pairs the most similar first
 * @param skipped images that cannot be read
 */
public record NearDuplicates(double threshold, int images, List<Pair> pairs, List<SkippedImage> skipped) {
    /** Threshold for {@link Features#thumbnails}: of CIFAR-10's pairs above it five of six are the same photo. */
    public static final double THUMBNAIL_THRESHOLD = 0.75;

    /** Threshold for embeddings of a network: of Caltech-101's pairs above it by MobileNetV2 nine of ten are the same photo. */
    public static final double EMBEDDING_THRESHOLD = 0.9;

    public NearDuplicates {
        pairs = List.copyOf(pairs);
        skipped = List.copyOf(skipped);
    }

    /**
     * Two images.
     *
     * @param similarity up to 1
     * @param acrossSplits whether one is in the training and one in the validation split
     * @param acrossClasses whether their labels differ
     */
    public record Pair(String first, String second, double similarity, boolean acrossSplits, boolean acrossClasses) {
        /** {@code val/otter/12.jpg ~ train/otter/7.jpg (0.93)}; across the splits the validation image first. */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s ~ %s (%.2f)",
                    acrossSplits ? second : first,
                    acrossSplits ? first : second,
                    similarity);
        }
    }

    /** A way to make rows of features of images. */
    @FunctionalInterface
    public interface Features {
        /** A row for each image that can be read; {@code skipped} gets the others. */
        EmbeddingTable of(ImageSource images, List<SkippedImage> skipped) throws IOException;

        /**
         * Small gray thumbnails, less their local mean: no network is needed.
         *
         * @param perImage called by several threads after each image; an exception from it ends the work
         */
        static Features thumbnails(Runnable perImage) {
            return (images, skipped) -> Thumbnails.of(images, skipped::add, perImage);
        }
    }

    /**
     * Compares every image of the training and of the validation split with every other.
     *
     * @param perImages called by several threads after comparing some images each; an exception from it ends the search
     * @throws IllegalArgumentException if the threshold is not in (0, 1], or more than a million pairs reach it
     * @throws IOException if not one image can be read
     */
    public static NearDuplicates of(DataSource source, Features features, double threshold, Runnable perImages)
            throws IOException {
        if (!(threshold > 0 && threshold <= 1)) {
            throw new IllegalArgumentException("a similarity threshold is above 0 and at most 1, not " + threshold);
        }
        List<Dataset> splits = new ArrayList<>();
        if (source.hasTrain()) {
            splits.add(source.train());
        }
        int train = source.hasTrain() ? splits.get(0).size() : 0;
        if (source.hasValidation()) {
            splits.add(source.validation());
        }
        ImageSource images =
                splits.stream().map(ImageSource::of).reduce(ImageSource::and).orElseThrow();
        List<SkippedImage> skipped = new ArrayList<>();
        EmbeddingTable table = features.of(images, skipped);
        List<Pair> pairs = new ArrayList<>();
        for (CosineSearch.Pair pair : CosineSearch.of(table).pairs(threshold, perImages)) {
            int first = table.positions().get(pair.first());
            int second = table.positions().get(pair.second());
            pairs.add(new Pair(
                    images.name(first),
                    images.name(second),
                    pair.similarity(),
                    first < train && second >= train,
                    label(splits, first) != label(splits, second)));
        }
        return new NearDuplicates(threshold, table.size(), pairs, skipped);
    }

    private static int label(List<Dataset> splits, int position) {
        Dataset first = splits.get(0);
        return position < first.size() ? first.label(position) : splits.get(1).label(position - first.size());
    }

    /** Pairs of which one image is in the training and one in the validation split. */
    public List<Pair> acrossSplits() {
        return pairs.stream().filter(Pair::acrossSplits).toList();
    }
}
