package dev.kinglet.serve;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Model;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Models and images for the tests of a server. */
final class Samples {
    static final int PIXELS = SampleModels.PIXELS;
    static final int CLASSES = 5;
    static final String MODEL = "shapes";

    private Samples() {}

    /** Writes a model, another for each seed. */
    static Path export(Path file, long seed) throws IOException {
        Files.createDirectories(file.getParent());
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), seed);
        Exporter.defaults().export(model, file);
        return file;
    }

    static Classifier classifier(Path folder, long seed) throws IOException {
        return Classifier.open(
                export(folder.resolve("sample-" + seed + ".onnx"), seed),
                ClassifierOptions.defaults().withSessions(2));
    }

    /** An encoded image of shapes. */
    static byte[] image(int width, int height, int seed, String format) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(new Color(40 + 20 * (seed % 10), 90, 200 - 15 * (seed % 10)));
        pen.fillRect(0, 0, width, height);
        pen.setColor(new Color(250, 220 - 20 * (seed % 10), 10));
        pen.fillOval(width / 4 + seed % 10, height / 4, width / 3, height / 2);
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, format, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] image(int seed) {
        return image(40 + seed, 30, seed, "png");
    }
}
