package dev.kinglet.example.djl;

import dev.kinglet.models.Models;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.imageio.ImageIO;

/** A trained network as a file, and drawn images for it. */
final class Drawings {
    private Drawings() {}

    static Path model(Path folder) throws IOException {
        Path model = folder.resolve("cifar10.onnx");
        try (InputStream in =
                Objects.requireNonNull(Models.class.getClassLoader().getResourceAsStream(Models.CIFAR10))) {
            Files.copy(in, model);
        }
        return model;
    }

    static Path ship(Path folder) throws IOException {
        return drawn(folder.resolve("ship.jpg"), Color.BLUE, Color.WHITE);
    }

    static Path drawn(Path file, Color background, Color shape) throws IOException {
        BufferedImage image = new BufferedImage(96, 64, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(background);
        pen.fillRect(0, 0, 96, 64);
        pen.setColor(shape);
        pen.fillRect(20, 30, 56, 20);
        pen.dispose();
        ImageIO.write(image, "jpg", file.toFile());
        return file;
    }
}
