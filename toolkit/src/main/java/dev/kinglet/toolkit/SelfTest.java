package dev.kinglet.toolkit;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.IoReason;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.network.Model;
import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.torch.TorchLearner;
import dev.kinglet.torch.TorchRuntime;
import dev.kinglet.torch.TorchScorer;
import dev.kinglet.train.metrics.StepResult;
import dev.kinglet.train.options.LearnerSettings;
import dev.kinglet.train.options.Optimizer;
import dev.kinglet.train.options.OptimizerSettings;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;

/**
 * Trials of all that needs native libraries or fonts, each with a real image, network or file. Each returns what it found,
 * in words, or throws what a program would meet.
 */
public final class SelfTest {
    private static final String NETWORK = "peleenet";
    private static final int SIZE = 64;
    private static final int CLASSES = 10;

    private SelfTest() {}

    /**
     * Something tried.
     *
     * @param says what was found, or why it does not work
     * @param seconds how long it took
     */
    public record Finding(String what, boolean works, String says, double seconds) {}

    /** Something to try. */
    @FunctionalInterface
    private interface Trial {
        String run() throws IOException;
    }

    /**
     * Tries everything once.
     *
     * @throws CancellationException if {@code stop} holds before, between or after the trials
     */
    public static List<Finding> run(BooleanSupplier stop) {
        Map<String, Trial> trials = new LinkedHashMap<>();
        trials.put("kinglet", () -> KingletVersion.current() + " on " + Machine.describe());
        trials.put("memory", SelfTest::memory);
        trials.put("libraries", SelfTest::libraries);
        trials.put("decoding", SelfTest::decoding);
        trials.put("charts", SelfTest::charts);
        trials.put("training", SelfTest::training);
        trials.put("inference", SelfTest::inference);
        List<Finding> findings = new ArrayList<>();
        trials.forEach((what, trial) -> {
            Stop.check(stop);
            findings.add(attempt(what, trial));
        });
        Stop.check(stop);
        return List.copyOf(findings);
    }

    private static Finding attempt(String what, Trial trial) {
        long start = System.nanoTime();
        boolean works = false;
        String says;
        try {
            says = trial.run();
            works = true;
        } catch (IOException e) {
            says = IoReason.describe(e);
        } catch (RuntimeException
                | LinkageError e) { // a library that is not there is an error to the JVM, a finding here
            says = e.toString();
        }
        return new Finding(what, works, says, (System.nanoTime() - start) / 1e9);
    }

    private static String memory() {
        return ByteSize.wholeMib(Machine.memoryBytes()) + "; the heap may grow to "
                + ByteSize.wholeMib(Runtime.getRuntime().maxMemory()) + ", native code to " + Machine.nativeLimit();
    }

    private static String libraries() {
        return "libtorch " + LibraryVersion.of("org.bytedeco", "pytorch") + ", OpenCV "
                + LibraryVersion.of("org.bytedeco", "opencv") + ", ONNX Runtime "
                + LibraryVersion.of("com.microsoft.onnxruntime", "onnxruntime") + ", JavaCPP "
                + LibraryVersion.of("org.bytedeco", "javacpp");
    }

    /** Decodes an image that was just encoded, and compares a pixel. */
    private static String decoding() throws IOException {
        RgbImage image = new ImageDecoder(ImageLimits.defaults()).decode(png());
        int first = SyntheticImages.image(Motif.STAR, 1, 0).getRGB(0, 0);
        byte[] rgb = image.rgb();
        if (image.width() != SyntheticImages.SIZE
                || ((rgb[0] & 0xff) << 16 | (rgb[1] & 0xff) << 8 | (rgb[2] & 0xff)) != (first & 0xffffff)) {
            throw new IOException("OpenCV decoded a drawn image to something else: " + image);
        }
        return "OpenCV reads images";
    }

    private static byte[] png() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(SyntheticImages.image(Motif.STAR, 1, 0), "png", bytes);
        return bytes.toByteArray();
    }

    /** Measures a text, as charts do. */
    private static String charts() throws IOException {
        try {
            double width = new Font(Font.SANS_SERIF, Font.PLAIN, 12)
                    .getStringBounds("loss", new FontRenderContext(null, true, true))
                    .getWidth();
            if (!(width > 0)) {
                throw new IOException("text has no width");
            }
            return "there are fonts for the curves";
        } catch (RuntimeException | Error e) { // what the JDK throws where the system has no fonts
            throw new IOException(
                    "text cannot be drawn (" + e.getMessage() + "); install fontconfig and a font, such as DejaVu", e);
        }
    }

    /** Makes two training steps of a small network on libtorch. */
    private static String training() throws IOException {
        Machine.limitNativeMemory();
        try (TorchLearner learner = TorchLearner.of(model(), settings())) {
            Batch batch = batch();
            double before = learner.step(batch, 0.01).loss();
            StepResult after = learner.step(batch, 0.01);
            if (!Double.isFinite(before) || !Double.isFinite(after.loss())) {
                throw new IOException("a training step gave a loss of " + before + ", then " + after.loss());
            }
            return TorchRuntime.description() + "; a step of " + NETWORK
                    + String.format(Locale.ROOT, ", loss %.3f, then %.3f", before, after.loss());
        }
    }

    /** Exports a small network, and runs the file on ONNX Runtime and the network on libtorch. */
    private static String inference() throws IOException {
        Machine.limitNativeMemory();
        Path folder = Files.createTempDirectory("kinglet-doctor");
        Path file = folder.resolve("doctor.onnx");
        try {
            double difference = Exporter.defaults().export(model(), file).difference();
            try (Classifier classifier =
                            Classifier.open(file, ClassifierOptions.defaults().withSessions(1));
                    TorchScorer scorer = TorchScorer.of(model(), 1)) {
                List<LabeledScore> answer = classifier.classify(png());
                Batch batch = batch();
                float[] torch = scorer.logits(batch);
                float[] onnx = classifier.logits(batch);
                if (answer.isEmpty() || torch.length != onnx.length) {
                    throw new IOException("ONNX Runtime gave " + onnx.length + " logits, libtorch " + torch.length);
                }
                return String.format(
                        Locale.ROOT,
                        "ONNX Runtime answers; an exported file's logits differ by %.0e of their deviation",
                        difference);
            }
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static Model model() {
        return Untrained.model(NETWORK, SIZE, CLASSES);
    }

    private static LearnerSettings settings() {
        return new LearnerSettings(
                OptimizerSettings.of(
                        new Optimizer.Sgd(0.9, Optimizer.Sgd.Momentum.NESTEROV, 0, Optimizer.Decay.WEIGHTS)),
                0,
                Machine.processors());
    }

    private static Batch batch() {
        ByteBuffer pixels = ByteBuffer.allocateDirect(2 * 3 * SIZE * SIZE);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) (i * 31));
        }
        return new Batch(pixels, SIZE, new int[] {0, 1}, new int[2]);
    }
}
