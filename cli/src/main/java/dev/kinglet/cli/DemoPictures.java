package dev.kinglet.cli;

import dev.kinglet.network.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/**
 * A small labelled picture set, drawn from a seed: ten {@link Motif}s in many colours, sizes, places, rotations and
 * clutters. The arithmetic is in doubles without platform functions, so every pixel is the same on every machine.
 */
final class DemoPictures {
    private DemoPictures() {}

    /** Side of a picture in pixels. */
    static final int SIZE = 80;

    /**
     * Draws {@code train/<class>/NNNN.png} and {@code val/<class>/NNNN.png}.
     *
     * @param trainPerClass pictures a class for training
     * @param valPerClass pictures a class for validation
     */
    static void draw(Path folder, long seed, int trainPerClass, int valPerClass) throws IOException {
        for (Motif motif : Motif.values()) {
            for (int i = 0; i < trainPerClass + valPerClass; i++) {
                boolean train = i < trainPerClass;
                String name = String.format("%04d.png", train ? i : i - trainPerClass);
                BufferedImage picture = picture(motif, seed, train ? i : -1 - (i - trainPerClass));
                Path file = folder.resolve(train ? "train" : "val")
                        .resolve(motif.label())
                        .resolve(name);
                AtomicFile.write(file, out -> ImageIO.write(picture, "png", out));
            }
        }
    }

    /** One picture; its number, with the motif and the seed, decides everything about it. */
    static BufferedImage picture(Motif motif, long seed, int number) {
        SplittableRandom random =
                new SplittableRandom((seed * 31 + motif.label().hashCode()) * 1_000_003 + number);
        Scene scene = new Scene(motif, 1.0 / SIZE, random);
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                double grain = 0.03 * (random.nextDouble() - 0.5);
                image.setRGB(
                        x,
                        y,
                        scene.at((x + 0.5) / SIZE, (y + 0.5) / SIZE).plus(grain).rgb());
            }
        }
        return image;
    }
}
