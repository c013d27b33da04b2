package dev.kinglet.train.run;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Occlusion;
import dev.kinglet.network.Card;
import dev.kinglet.train.Learner;
import dev.kinglet.train.metrics.StepResult;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A learner in plain Java: a linear layer on the pixels, trained by gradient descent with momentum. Its files are a
 * checksum, entries of text and the numbers; what is damaged is refused.
 */
public final class SoftmaxRegression implements Learner {
    private final int classes;
    private final int side;
    private final int inputs;
    private final double momentum;
    private final double[] weights; // [classes][inputs + 1], the last a bias
    private final double[] velocity;

    public SoftmaxRegression(int classes, int side, double momentum) {
        this.classes = classes;
        this.side = side;
        this.inputs = 3 * side * side;
        this.momentum = momentum;
        this.weights = new double[classes * (inputs + 1)];
        this.velocity = new double[weights.length];
    }

    double[] weights() {
        return weights.clone();
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public float[] logits(Batch batch) {
        float[] logits = new float[batch.size() * classes];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) logit(batch, i / classes, i % classes);
        }
        return logits;
    }

    private double logit(Batch batch, int image, int output) {
        double sum = weights[output * (inputs + 1) + inputs];
        for (int i = 0; i < inputs; i++) {
            sum += weights[output * (inputs + 1) + i] * input(batch, image, i);
        }
        return sum;
    }

    private double input(Batch batch, int image, int i) {
        return Byte.toUnsignedInt(batch.pixels().get(image * inputs + i)) / 255.0 - 0.5;
    }

    @Override
    public StepResult step(List<Batch> batches, int images, double learningRate) {
        double[] gradient = new double[weights.length];
        double loss = 0;
        int correct = 0;
        for (Batch batch : batches) {
            StepResult part = addGradient(batch, images, gradient);
            loss += part.loss();
            correct += part.correct();
        }
        if (Double.isFinite(loss)) {
            for (int i = 0; i < weights.length; i++) {
                velocity[i] = momentum * velocity[i] + gradient[i];
                weights[i] -= learningRate * velocity[i];
            }
        }
        return new StepResult(loss, correct);
    }

    private StepResult addGradient(Batch batch, int images, double[] gradient) {
        double loss = 0;
        int correct = 0;
        for (int n = 0; n < batch.size(); n++) {
            double[] shares = new double[classes];
            int highest = 0;
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                shares[c] = Math.exp(logit(batch, n, c));
                sum += shares[c];
                highest = shares[c] > shares[highest] ? c : highest;
            }
            correct += highest == batch.dominant()[n] ? 1 : 0;
            for (int c = 0; c < classes; c++) {
                double target = (c == batch.labels()[n] ? batch.labelFraction() : 0)
                        + (c == batch.mixedInLabels()[n] ? 1 - batch.labelFraction() : 0);
                loss -= target * Math.log(shares[c] / sum) / images;
                double slope = (shares[c] / sum - target) / images;
                for (int i = 0; i < inputs; i++) {
                    gradient[c * (inputs + 1) + i] += slope * input(batch, n, i);
                }
                gradient[c * (inputs + 1) + inputs] += slope;
            }
        }
        return new StepResult(loss, correct);
    }

    /** By occlusion, which needs no gradients. */
    @Override
    public Optional<Explainer> explainer(Path file) throws IOException {
        Saved saved = read(file);
        SoftmaxRegression network = new SoftmaxRegression(classes, side, momentum);
        System.arraycopy(saved.numbers, 0, network.weights, 0, network.weights.length);
        return Optional.of(new Occlusion(network::logits, Card.fromMetadata(saved.entries), network::close));
    }

    @Override
    public boolean weightsAreFinite() {
        return Arrays.stream(weights).allMatch(Double::isFinite);
    }

    @Override
    public void saveWeights(Path file, Card card) throws IOException {
        write(file, card.toMetadata(), weights);
    }

    @Override
    public void saveCheckpoint(Path file, Map<String, String> loopState) throws IOException {
        double[] both = Arrays.copyOf(weights, 2 * weights.length);
        System.arraycopy(velocity, 0, both, weights.length, velocity.length);
        write(file, loopState, both);
    }

    private static void write(Path file, Map<String, String> entries, double[] numbers) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream content = new DataOutputStream(bytes);
        content.writeInt(entries.size());
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            content.writeUTF(entry.getKey());
            content.writeUTF(entry.getValue());
        }
        content.writeInt(numbers.length);
        for (double number : numbers) {
            content.writeDouble(number);
        }
        AtomicFile.write(file, out -> {
            new DataOutputStream(out).writeLong(checksum(bytes.toByteArray()));
            bytes.writeTo(out);
        });
    }

    @Override
    public Map<String, String> loadCheckpoint(Path file) throws IOException {
        Saved saved = read(file);
        if (saved.numbers.length != 2 * weights.length) {
            throw new IOException(file + " is of another network");
        }
        System.arraycopy(saved.numbers, 0, weights, 0, weights.length);
        System.arraycopy(saved.numbers, weights.length, velocity, 0, velocity.length);
        return saved.entries;
    }

    /** What a file holds. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Saved(Map<String, String> entries, double[] numbers) {}

    static Saved read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        byte[] rest = Arrays.copyOfRange(bytes, Math.min(Long.BYTES, bytes.length), bytes.length);
        if (bytes.length < Long.BYTES
                || new DataInputStream(new ByteArrayInputStream(bytes)).readLong() != checksum(rest)) {
            throw new IOException(file + " is damaged: its checksum is another");
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(rest));
        Map<String, String> entries = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            entries.put(in.readUTF(), in.readUTF());
        }
        double[] numbers = new double[in.readInt()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = in.readDouble();
        }
        return new Saved(entries, numbers);
    }

    private static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    @Override
    public void close() {}
}
