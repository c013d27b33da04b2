package dev.kinglet.judges;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Images to classify. */
public final class Drawing {
    private Drawing() {}

    /** A circle on a ground, as a PNG file. */
    public static byte[] png(int width, int height) throws IOException {
        return png(width, height, 0);
    }

    /** The same in other colors and at another place for each seed. */
    public static byte[] png(int width, int height, int seed) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.getHSBColor(0.61F + 0.13F * seed, 0.8F, 0.78F));
        pen.fillRect(0, 0, width, height);
        pen.setColor(Color.getHSBColor(0.15F + 0.07F * seed, 0.96F, 0.98F));
        pen.fillOval(width / 4 - seed % 8, height / 4, width / 2, height / 2);
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    /**
     * Writes an image in another format.
     *
     * @param format by its name in {@link ImageIO}
     */
    public static void convert(Path from, Path to, String format) throws IOException {
        if (!ImageIO.write(ImageIO.read(from.toFile()), format, to.toFile())) {
            throw new IOException("no writer of " + format);
        }
    }
}
