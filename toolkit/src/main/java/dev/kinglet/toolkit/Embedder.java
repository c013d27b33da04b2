package dev.kinglet.toolkit;

import dev.kinglet.base.IoReason;
import dev.kinglet.data.SkippedImage;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.toolkit.embedding.EmbeddingTable;
import dev.kinglet.toolkit.embedding.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings of many images by a trained model, in batches: the features that its last linear layer reads.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(Path.of("birds.onnx"), 2)) {
 *     ImageSource photos = ImageSource.of(Predictor.images(Path.of("photos")), Predictor.of(model).decoder());
 *     Embedder.of(model).embed(photos, skipped -> {}).write(Path.of("photos.npy"));
 * }
 * }</pre>
 *
 * @param model not closed
 * @param stop asked before each batch; true ends the work
 */
public record Embedder(TrainedModel model, BooleanSupplier stop) {
    private static final int BATCH = 64; // images that are decoded, and run, together

    /** The embedder of a model. */
    public static Embedder of(TrainedModel model) {
        return new Embedder(model, () -> false);
    }

    /**
     * Embeds every image that can be read.
     *
     * @param skipped receives each image that cannot, in order
     * @return in the order of the images; not normalized
     * @throws IllegalArgumentException if the model is a file that was exported without embeddings
     * @throws IOException if not one image can be read, or they are too many for one table (2^31 values)
     * @throws CancellationException if {@code stop} holds before the last batch
     */
    public EmbeddingTable embed(ImageSource images, Consumer<SkippedImage> skipped) throws IOException {
        int features = model.features();
        if ((long) images.size() * features > Integer.MAX_VALUE - 64) {
            throw new IOException(images.size() + " images of " + features
                    + " features are more than one table holds; embed them in parts");
        }
        Pipeline pipeline = Pipeline.evaluation(model.card().preprocessing());
        int bytes = 3 * pipeline.side() * pipeline.side();
        ByteBuffer pixels = ByteBuffer.allocateDirect(Math.min(BATCH, Math.max(1, images.size())) * bytes);
        float[] values = new float[images.size() * features];
        List<String> names = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        for (int first = 0; first < images.size(); first += BATCH) {
            Stop.check(stop);
            int count = Math.min(BATCH, images.size() - first);
            @Nullable RgbImage[] prepared = new RgbImage[count];
            @Nullable ImageException[] errors = new ImageException[count];
            int from = first;
            IntStream.range(0, count).parallel().forEach(i -> {
                try { // evaluation uses no randomness
                    prepared[i] = pipeline.apply(images.image(from + i), new SplittableRandom(0));
                } catch (ImageException e) {
                    errors[i] = e;
                }
            });
            int before = positions.size();
            for (int i = 0; i < count; i++) {
                RgbImage image = prepared[i];
                if (image == null) {
                    ImageException error = errors[i];
                    skipped.accept(new SkippedImage(
                            images.name(first + i), error == null ? "not decoded" : IoReason.describe(error)));
                    continue;
                }
                pixels.put((positions.size() - before) * bytes, image.rgb());
                names.add(images.name(first + i));
                positions.add(first + i);
            }
            int readable = positions.size() - before;
            if (readable > 0) {
                float[] rows =
                        model.embeddings(new Batch(pixels, pipeline.side(), new int[readable], new int[readable]));
                System.arraycopy(rows, 0, values, before * features, rows.length);
            }
        }
        if (positions.isEmpty()) {
            throw new IOException("not one of " + images.size() + " images can be read");
        }
        float[] filled =
                positions.size() == images.size() ? values : Arrays.copyOf(values, positions.size() * features);
        return new EmbeddingTable(names, positions, features, filled);
    }
}
