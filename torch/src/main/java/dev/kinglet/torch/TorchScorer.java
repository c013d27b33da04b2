package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Model;
import dev.kinglet.network.Shape;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.train.metrics.Scorer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * A model run by libtorch in evaluation mode. Owns native memory until closed. Not thread-safe.
 *
 * <p>Batch normalizations are folded first: the same logits up to float32 rounding, in two thirds of the time.
 */
public final class TorchScorer implements Scorer, AutoCloseable {
    private final TorchNetwork network;
    private final Normalization normalization;

    private TorchScorer(Model model) {
        Model folded = Rewrites.foldBatchNorms().apply(model);
        network = new TorchNetwork(folded.network(), folded.tensors());
        normalization = new Normalization(model.card().preprocessing());
    }

    /**
     * A scorer of a model, whose weights are copied.
     *
     * @param threads of libtorch's operations, for the whole process
     */
    public static TorchScorer of(Model model, int threads) {
        TorchRuntime.useThreads(threads);
        return new TorchScorer(model);
    }

    @Override
    public int classes() {
        return network.network().classes();
    }

    @Override
    public float[] logits(Batch batch) {
        try (PointerScope scope = new PointerScope()) {
            return logits(network, normalization.images(batch));
        }
    }

    /**
     * Logits of normalized images.
     *
     * @param images {@code [count, channels, height, width]}, row-major; copied
     * @return {@code [count, classes]}, row-major
     * @throws IllegalArgumentException if the length is not that of {@code count} images of the network's input
     */
    public float[] logits(float[] images, int count) {
        Shape input = checked(images, count);
        try (PointerScope scope = new PointerScope()) {
            return logits(network, Blobs.images(images, count, input.height(), input.width()));
        }
    }

    /** Number of features of an image: the length of its embedding. */
    public int features() {
        return Math.toIntExact(network.network().features().shape().elements());
    }

    /**
     * Embeddings of a batch: the features that the network's last linear layer reads.
     *
     * @return {@code [batch.size(), features]}, row-major, not normalized
     */
    public float[] embeddings(Batch batch) {
        try (PointerScope scope = new PointerScope()) {
            return embeddings(normalization.images(batch));
        }
    }

    /**
     * Embeddings of normalized images.
     *
     * @param images as in {@link #logits(float[], int)}
     * @return {@code [count, features]}, row-major, not normalized
     */
    public float[] embeddings(float[] images, int count) {
        Shape input = checked(images, count);
        try (PointerScope scope = new PointerScope()) {
            return embeddings(Blobs.images(images, count, input.height(), input.width()));
        }
    }

    private float[] embeddings(Tensor images) {
        try (NoGradGuard noGradients = new NoGradGuard();
                Tensor features = network.features(images)) {
            return Blobs.values(features);
        }
    }

    /** The shape of one image, of which there are {@code count}. */
    private Shape checked(float[] images, int count) {
        Shape input = network.network().input().shape();
        if (count < 1 || images.length != Math.multiplyExact(count, input.elements())) {
            throw new IllegalArgumentException(count + " images of " + input + " are not " + images.length + " values");
        }
        return input;
    }

    static float[] logits(TorchNetwork network, Tensor images) {
        try (NoGradGuard noGradients = new NoGradGuard();
                Tensor logits = network.forward(images, TorchNetwork.Mode.EVALUATION)) {
            return Blobs.values(logits);
        }
    }

    @Override
    public void close() {
        network.close();
        normalization.close();
    }
}
