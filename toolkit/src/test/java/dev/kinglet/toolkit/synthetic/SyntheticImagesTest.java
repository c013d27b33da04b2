package dev.kinglet.toolkit.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticImagesTest {
    @TempDir
    private Path folder;

    @Test
    void every_pixel_is_the_same_on_every_machine() {
        CRC32 crc = new CRC32();
        for (Motif motif : Motif.values()) {
            for (int number = 0; number < 5; number++) {
                crc.update(pixels(SyntheticImages.image(motif, 7, number)));
            }
        }
        assertThat(crc.getValue()).isEqualTo(2_580_213_703L); // recorded on JDK 17; what the demo reaches depends on it
    }

    @Test
    void images_differ_by_seed_and_number() {
        byte[] first = pixels(SyntheticImages.image(Motif.STAR, 1, 0));
        assertThat(first).isNotEqualTo(pixels(SyntheticImages.image(Motif.STAR, 1, 1)));
        assertThat(first).isNotEqualTo(pixels(SyntheticImages.image(Motif.STAR, 2, 0)));
        assertThat(first).isEqualTo(pixels(SyntheticImages.image(Motif.STAR, 1, 0)));
    }

    @Test
    void drawing_that_is_stopped_leaves_nothing() throws IOException {
        AtomicInteger images = new AtomicInteger();
        Runnable stop = () -> {
            if (images.incrementAndGet() == 4) {
                throw new CancellationException("stopped");
            }
        };
        assertThatThrownBy(() -> SyntheticImages.draw(folder.resolve("set"), 1, 3, 2, stop))
                .isInstanceOf(CancellationException.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_set_has_a_folder_for_each_split_and_class() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 3, 2);
        assertThat(names(set)).containsExactly("train", "val");
        assertThat(names(set.resolve("train")))
                .containsExactly(
                        "checkerboard",
                        "cross",
                        "dots",
                        "moon",
                        "ring",
                        "square",
                        "star",
                        "stripes",
                        "triangle",
                        "waves");
        assertThat(names(set.resolve("train/dots"))).containsExactly("0000.png", "0001.png", "0002.png");
        assertThat(names(set.resolve("val/dots"))).containsExactly("0000.png", "0001.png");
        assertThat(pixels(ImageIO.read(set.resolve("val/dots/0001.png").toFile())))
                .isEqualTo(pixels(SyntheticImages.image(Motif.DOTS, 1, SyntheticImages.VALIDATION + 1)));
        assertThat(names(folder)).containsExactly("set"); // nothing temporary stays
    }

    @Test
    void a_set_that_is_there_is_not_drawn_over() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 1, 1, 1);
        assertThatThrownBy(() -> SyntheticImages.draw(set, 2, 1, 1)).isInstanceOf(IOException.class);
        assertThat(pixels(ImageIO.read(set.resolve("train/ring/0000.png").toFile())))
                .isEqualTo(pixels(SyntheticImages.image(Motif.RING, 1, 0)));
        assertThat(names(folder)).containsExactly("set");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static byte[] pixels(BufferedImage image) {
        byte[] bytes = new byte[3 * image.getWidth() * image.getHeight()];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y);
                bytes[at++] = (byte) (rgb >> 16);
                bytes[at++] = (byte) (rgb >> 8);
                bytes[at++] = (byte) rgb;
            }
        }
        return bytes;
    }
}
