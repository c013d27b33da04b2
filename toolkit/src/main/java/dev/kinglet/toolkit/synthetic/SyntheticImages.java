package dev.kinglet.toolkit.synthetic;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * A small labeled image set, drawn from a seed: ten {@link Motif}s in many colors, sizes, places, rotations and
 * clutters. The arithmetic is in doubles without platform functions, so every pixel is the same on every machine.
 */
public final class SyntheticImages {
    private SyntheticImages() {}

    /** Side of an image in pixels. */
    public static final int SIZE = 80;

    /** Number of the first image for validation; those for training count from 0. */
    public static final int VALIDATION = 1_000_000;

    /**
     * Draws {@code train/<class>/NNNN.png} and {@code val/<class>/NNNN.png}, the whole set or nothing.
     *
     * @param folder of the set; must not be there yet
     * @param trainPerClass images a class for training
     * @param valPerClass images a class for validation
     */
    public static void draw(Path folder, long seed, int trainPerClass, int valPerClass) throws IOException {
        draw(folder, seed, trainPerClass, valPerClass, () -> {});
    }

    /**
     * The same, with a check before each image.
     *
     * @param check an exception from it ends the drawing; nothing is left then
     */
    public static void draw(Path folder, long seed, int trainPerClass, int valPerClass, Runnable check)
            throws IOException {
        Path parent = Objects.requireNonNull(folder.toAbsolutePath().getParent(), "a set is drawn into a folder");
        Files.createDirectories(parent);
        Path unfinished = Files.createTempDirectory(parent, "." + folder.getFileName());
        try {
            for (Motif motif : Motif.values()) {
                drawClass(unfinished.resolve("train").resolve(motif.label()), motif, seed, 0, trainPerClass, check);
                drawClass(
                        unfinished.resolve("val").resolve(motif.label()), motif, seed, VALIDATION, valPerClass, check);
            }
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            deleteFolder(unfinished);
        }
    }

    private static void drawClass(Path folder, Motif motif, long seed, int first, int count, Runnable check)
            throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            check.run();
            Path file = folder.resolve(String.format(Locale.ROOT, "%04d.png", i));
            ImageIO.write(image(motif, seed, first + i), "png", file.toFile());
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** One image; its number, with the motif and the seed, decides everything about it. */
    public static BufferedImage image(Motif motif, long seed, int number) {
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
