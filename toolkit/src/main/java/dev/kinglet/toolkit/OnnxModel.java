package dev.kinglet.toolkit;

import dev.kinglet.image.Batch;
import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A trained model that ONNX Runtime runs: a batch is split into as many parts as there are threads, each run by a session
 * of one thread.
 */
record OnnxModel(Classifier classifier, int threads, Card card) implements TrainedModel {
    static OnnxModel of(Classifier classifier, int threads, UnaryOperator<Preprocessing> change) {
        Preprocessing own = classifier.card().preprocessing();
        Preprocessing changed = change.apply(own);
        if (changed.inputSize() != own.inputSize()) {
            throw new IllegalArgumentException(
                    "img_size is " + changed.inputSize() + ", but the input of an .onnx file has" + " one size, here "
                            + own.inputSize() + "; export the network at the other size");
        }
        if (!changed.mean().equals(own.mean()) || !changed.std().equals(own.std())) {
            throw new IllegalArgumentException(
                    "an .onnx file keeps the mean and std of its card, " + own.mean() + " and " + own.std()
                            + ", by which it normalizes; leave out others, or evaluate the network it came from");
        }
        return new OnnxModel(classifier, threads, classifier.card().with(changed));
    }

    @Override
    public int classes() {
        return classifier.labels().size();
    }

    @Override
    public float[] logits(Batch batch) {
        return inParts(batch, classes(), classifier::logits);
    }

    @Override
    public int features() {
        return classifier
                .features()
                .orElseThrow(() -> new IllegalArgumentException(classifier + " has no embeddings: export the network"
                        + " again, by kinglet export --embeddings, or give its run or its .safetensors file"));
    }

    @Override
    public float[] embeddings(Batch batch) {
        return inParts(batch, features(), classifier::embed);
    }

    /** One output of a batch, {@code [batch.size(), width]}. */
    private float[] inParts(Batch batch, int width, Function<Batch, float[]> output) {
        float[] all = new float[batch.size() * width];
        IntStream.range(0, threads).parallel().forEach(part -> {
            int from = start(part, batch);
            int to = start(part + 1, batch);
            if (to > from) {
                float[] rows = output.apply(slice(batch, from, to));
                System.arraycopy(rows, 0, all, from * width, rows.length);
            }
        });
        return all;
    }

    private int start(int part, Batch batch) {
        return (int) ((long) batch.size() * part / threads);
    }

    private static Batch slice(Batch batch, int from, int to) {
        int bytes = 3 * batch.imageSize() * batch.imageSize();
        return new Batch(
                batch.pixels().duplicate().clear().slice(from * bytes, (to - from) * bytes),
                batch.imageSize(),
                Arrays.copyOfRange(batch.labels(), from, to),
                Arrays.copyOfRange(batch.indices(), from, to));
    }

    @Override
    public float[] logits(float[] images, int count) {
        return classifier.logits(images, count);
    }

    @Override
    public String runtime() {
        return "ONNX Runtime";
    }

    @Override
    public void close() {
        classifier.close();
    }
}
