package dev.kinglet.infer;

import dev.kinglet.network.Card;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.ReferenceExecutor;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.network.rewrite.Rewrite;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Rewrites a model to run fast and writes it as an ONNX file, but only if the file's logits in ONNX Runtime agree with the
 * original model's.
 */
public final class Exporter {
    /** Largest difference that is accepted, in standard deviations of the logits. */
    public static final double TOLERANCE = 1e-4; // float32 sums over a hundred layers stay a factor of ten below

    private static final int IMAGES = 2;
    private static final long SEED = 1;

    private final List<Rewrite> rewrites;
    private final InputType input;
    private final boolean embeddings;
    private final Map<String, String> tuning; // entries for the card, by key
    private final Runnable stop;

    /** @param rewrites applied in this order; none for the network as it is */
    public Exporter(List<Rewrite> rewrites) {
        this(rewrites, InputType.FLOAT32);
    }

    /** @param input the type of the file's input */
    public Exporter(List<Rewrite> rewrites, InputType input) {
        this(rewrites, input, false, Map.of(), () -> {});
    }

    private Exporter(
            List<Rewrite> rewrites, InputType input, boolean embeddings, Map<String, String> tuning, Runnable stop) {
        this.rewrites = List.copyOf(rewrites);
        this.input = input;
        this.embeddings = embeddings;
        this.tuning = tuning;
        this.stop = stop;
    }

    /** With all rewrites, for this processor's {@link Processor#plan()}. */
    public static Exporter defaults() {
        return of(Processor.plan(), InputType.FLOAT32);
    }

    /** With all rewrites, for this plan, which the card in the file will name. */
    public static Exporter of(ConvPlan plan, InputType input) {
        return new Exporter(Rewrites.all(plan), input, false, Map.of(Card.CONV_PLAN, plan.text()), () -> {});
    }

    /**
     * The same for a plan found by tuning.
     *
     * @param machine on which the plan was found to be the fastest
     */
    public static Exporter tuned(ConvPlan plan, String machine, InputType input) {
        return new Exporter(
                Rewrites.all(plan),
                input,
                false,
                Map.of(Card.CONV_PLAN, plan.text(), Card.TUNED_ON, machine),
                () -> {});
    }

    /**
     * The same with a condition to stop.
     *
     * @param check called between the steps; what it throws ends the export, and nothing is written
     */
    public Exporter withStop(Runnable check) {
        return new Exporter(rewrites, input, embeddings, tuning, check);
    }

    /** The same with the embedding as a second output of the file; it is compared like the logits. */
    public Exporter withEmbeddings() {
        return new Exporter(rewrites, input, true, tuning, stop);
    }

    /**
     * The same for an int8-quantized model: its last layer stays a matrix multiplication (Gemm), whose result ONNX Runtime
     * keeps in float32; the result of a convolution would be quantized too, and many logits would be equal.
     */
    Exporter forInt8() {
        List<Rewrite> others = rewrites.stream()
                .filter(rewrite -> !rewrite.name().equals(Rewrites.LINEARS_TO_CONVOLUTIONS))
                .toList();
        return new Exporter(others, input, embeddings, tuning, stop);
    }

    /** A model as {@link #defaults()} rewrites it. */
    public static Model rewritten(Model model) {
        return Rewrites.apply(Rewrites.all(Processor.plan()), model);
    }

    /**
     * Rewrites, compares and writes, in this order; the card in the file names the rewrites. Takes as long as
     * {@link ReferenceExecutor} takes for two images.
     *
     * @throws IllegalArgumentException if a rewrite refuses the model, or it cannot be an ONNX file
     * @throws IllegalStateException if the file's logits differ from the model's by more than {@link #TOLERANCE}; nothing
     *     is written then
     * @throws IOException if ONNX Runtime refuses the file, or it cannot be written
     */
    public ExportReport export(Model model, Path file) throws IOException {
        Compared compared = compared(model, file);
        write(compared.file(), file);
        return compared.report();
    }

    /**
     * The file that {@link #export} would write, compared with the model and not written.
     *
     * @param name of the file, for messages
     * @throws IllegalArgumentException as {@link #export}; so with the others
     */
    public OnnxFile inMemory(Model model, Path name) throws IOException {
        return compared(model, name).file();
    }

    /** Writes a file unless the export is to stop. */
    void write(OnnxFile content, Path file) throws IOException {
        stop.run();
        content.write(file);
    }

    /** The file as {@link #export} would write it, without the comparison. */
    OnnxFile file(Model model) {
        return OnnxFile.of(applied(model).model(), input, embeddings);
    }

    /** A model after the rewrites, with a card that names them, and what each did. */
    private record Applied(Model model, List<String> rewrites, List<ExportReport.Step> steps) {}

    private Applied applied(Model model) {
        Model written = model;
        List<String> names = new ArrayList<>(); // of the rewrites that changed the model
        List<ExportReport.Step> steps = new ArrayList<>(List.of(ExportReport.Step.of("nothing", model)));
        for (Rewrite rewrite : rewrites) {
            stop.run();
            Model before = written;
            written = rewrite.apply(before);
            if (!written.equals(before)) {
                names.add(rewrite.name());
                steps.add(ExportReport.Step.of(rewrite.name(), written));
            }
        }
        Card card = written.card();
        if (!names.isEmpty()) {
            card = card.with(Card.REWRITES, String.join(",", names));
        }
        for (Map.Entry<String, String> entry : tuning.entrySet()) {
            card = card.with(entry.getKey(), entry.getValue());
        }
        return new Applied(written.withCard(card), names, steps);
    }

    /** A file that is not yet written, but whose logits agree with its model's. */
    record Compared(OnnxFile file, ExportReport report) {}

    /**
     * Rewrites and compares.
     *
     * @param file its future path, for messages
     */
    Compared compared(Model model, Path file) throws IOException {
        Applied applied = applied(model);
        OnnxFile onnx = OnnxFile.of(applied.model(), input, embeddings);
        double difference = difference(model, onnx, file.toString(), IMAGES, stop);
        if (!(difference <= TOLERANCE)) {
            throw new IllegalStateException(file + " is not written: its "
                    + (embeddings ? "logits or embeddings" : "logits")
                    + " would differ from those of "
                    + model.network().name() + " by " + difference + " of their standard deviation, and " + TOLERANCE
                    + " is allowed; look for weights that are not numbers, or leave out one of the rewrites "
                    + applied.rewrites());
        }
        return new Compared(onnx, new ExportReport(applied.model(), onnx.bytes().length, difference, applied.steps()));
    }

    /**
     * The largest difference between a file's logits in ONNX Runtime and a model's in plain Java, over {@code count} random
     * images, in standard deviations of the model's logits; absolute where these are all equal. NaN if a logit is NaN. If
     * the file has embeddings, they are compared likewise, and the larger difference counts.
     */
    static double difference(Model model, OnnxFile file, String name, int count) throws IOException {
        return difference(model, file, name, count, () -> {});
    }

    private static double difference(Model model, OnnxFile file, String name, int count, Runnable stop)
            throws IOException {
        int elements = Math.toIntExact(model.network().input().shape().elements());
        byte[] bytes = new byte[count * elements];
        float[] images = new float[count * elements]; // normalized
        RandomGenerator random = new SplittableRandom(SEED);
        switch (file.inputType()) {
            case FLOAT32 -> {
                for (int i = 0; i < images.length; i++) {
                    images[i] = (float) random.nextGaussian(); // distributed like normalized pixels
                }
            }
            case UINT8 -> {
                random.nextBytes(bytes);
                float[][] table = model.card().preprocessing().normalized();
                for (int i = 0; i < images.length; i++) {
                    int channel = i % elements / (elements / table.length);
                    images[i] = table[channel][bytes[i] & 0xff];
                }
            }
        }
        SessionPool.Images source = (first, batch, buffer) -> {
            switch (file.inputType()) {
                case FLOAT32 -> buffer.asFloatBuffer().put(images, first * elements, batch * elements);
                case UINT8 -> buffer.put(bytes, first * elements, batch * elements);
            }
        };
        List<float[]> found = new ArrayList<>();
        List<Layer> layers = new ArrayList<>(List.of(model.network().output()));
        try (SessionPool session = new SessionPool(file, name, 1)) {
            found.add(session.logits(count, source));
            if (file.features().isPresent()) {
                found.add(session.embeddings(count, source, CallClock.OFF));
                layers.add(model.network().features());
            }
        }
        ReferenceExecutor executor = new ReferenceExecutor(model);
        List<double[]> expected =
                found.stream().map(rows -> new double[rows.length]).toList();
        for (int i = 0; i < count; i++) {
            stop.run();
            float[] image = Arrays.copyOfRange(images, i * elements, (i + 1) * elements);
            List<double[]> activations = executor.activations(image, layers);
            for (int output = 0; output < layers.size(); output++) {
                double[] one = activations.get(output);
                if (one.length != found.get(output).length / count) {
                    throw new IllegalStateException(name + " would give " + found.get(output).length / count
                            + " values for '" + layers.get(output).name() + "' of "
                            + model.network().name()
                            + ", which has " + one.length + "; leave out one of the rewrites");
                }
                System.arraycopy(one, 0, expected.get(output), i * one.length, one.length);
            }
        }
        double largest = 0;
        for (int output = 0; output < layers.size(); output++) {
            largest = Math.max(largest, largestDifference(expected.get(output), found.get(output))); // NaN stays
        }
        return largest;
    }

    private static double largestDifference(double[] expected, float[] found) {
        double mean = Arrays.stream(expected).average().orElseThrow();
        double variance = Arrays.stream(expected)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow();
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i] - found[i])); // NaN stays
        }
        return variance > 0 ? largest / Math.sqrt(variance) : largest;
    }
}
