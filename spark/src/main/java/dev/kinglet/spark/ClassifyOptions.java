package dev.kinglet.spark;

import dev.kinglet.image.ImageLimits;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Settings of {@link KingletSpark#classify}.
 *
 * @param topK how many classes a row names, best first; fewer where there are fewer
 * @param maxPixels limit of an image's pixels
 * @param pathColumn column of the images' paths, which name them in messages, and from which they are read where there is no
 *     column of their content
 * @param contentColumn column of encoded images; it is not in the result
 * @param rawScores whether the temperature and the rejection of the model's card are not applied
 * @param embeddings whether a row has the image's embedding too; the model is then to have embeddings
 * @param counters counted on the executors; null if nothing is
 */
public record ClassifyOptions(
        int topK,
        long maxPixels,
        String pathColumn,
        String contentColumn,
        boolean rawScores,
        boolean embeddings,
        @Nullable Counters counters)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    public ClassifyOptions {
        if (topK < 1) {
            throw new IllegalArgumentException("topK is at least 1, not " + topK);
        }
        if (pathColumn.equals(contentColumn)) {
            throw new IllegalArgumentException(
                    "paths and contents are in two columns, not both in '" + pathColumn + "'");
        }
    }

    /** The best five classes, {@link ImageLimits#defaults()}, the columns of {@code binaryFile}, no embeddings, no counters. */
    public static ClassifyOptions defaults() {
        return new ClassifyOptions(5, ImageLimits.defaults().maxPixels(), "path", "content", false, false, null);
    }

    public ClassifyOptions withTopK(int classes) {
        return new ClassifyOptions(classes, maxPixels, pathColumn, contentColumn, rawScores, embeddings, counters);
    }

    public ClassifyOptions withMaxPixels(long pixels) {
        return new ClassifyOptions(topK, pixels, pathColumn, contentColumn, rawScores, embeddings, counters);
    }

    public ClassifyOptions withColumns(String paths, String contents) {
        return new ClassifyOptions(topK, maxPixels, paths, contents, rawScores, embeddings, counters);
    }

    public ClassifyOptions withCounters(Counters added) {
        return new ClassifyOptions(topK, maxPixels, pathColumn, contentColumn, rawScores, embeddings, added);
    }

    public ClassifyOptions withRawScores() {
        return new ClassifyOptions(topK, maxPixels, pathColumn, contentColumn, true, embeddings, counters);
    }

    public ClassifyOptions withEmbeddings() {
        return new ClassifyOptions(topK, maxPixels, pathColumn, contentColumn, rawScores, true, counters);
    }

    ImageLimits imageLimits() {
        return ImageLimits.defaults().withMaxPixels(maxPixels);
    }
}
