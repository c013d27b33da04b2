package dev.kinglet.toolkit.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Embeddings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingTableTest {
    private static final EmbeddingTable TABLE = new EmbeddingTable(
            List.of("a, \"b\".png", "c.png"), List.of(0, 2), 3, new float[] {1, 2.5f, -3, 0, 1e-9f, 4});

    @TempDir
    Path folder;

    @Test
    void what_is_written_is_read_again() throws IOException {
        Path file = folder.resolve("x.npy");
        TABLE.write(file);
        EmbeddingTable read = EmbeddingTable.read(file);
        assertThat(read.names()).isEqualTo(TABLE.names());
        assertThat(read.positions()).containsExactly(0, 1); // of the rows: what they were read from is not known
        assertThat(read.values()).containsExactly(TABLE.values());
        assertThat(read.row(1)).containsExactly(0, 1e-9f, 4);
    }

    @Test
    void a_table_of_text_quotes_names_with_commas() throws IOException {
        Path file = folder.resolve("x.csv");
        TABLE.write(file);
        assertThat(file).hasContent("file_name,f0,f1,f2\n\"a, \"\"b\"\".png\",1.0,2.5,-3.0\nc.png,0.0,1.0E-9,4.0\n");
    }

    @Test
    void a_name_that_lines_cannot_keep_and_lists_that_do_not_fit_are_refused() throws IOException {
        Path file = folder.resolve("x.npy");
        EmbeddingTable broken = new EmbeddingTable(List.of("a\nb.png"), List.of(0), 1, new float[1]);
        assertThatThrownBy(() -> broken.write(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a?b.png' has a line break");
        assertThat(file).doesNotExist();
        TABLE.write(file);
        Files.writeString(folder.resolve("x.txt"), "one\n");
        assertThatThrownBy(() -> EmbeddingTable.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("names 1 images, but")
                .hasMessageEndingWith("has 2 rows");
    }

    @Test
    void a_thumbnail_does_not_depend_on_size_or_brightness_and_a_plain_area_has_none() {
        byte[] small = new byte[3 * 32 * 32];
        new Random(1).nextBytes(small);
        byte[] large = new byte[3 * 64 * 64];
        for (int i = 0; i < large.length; i++) {
            int pixel = i / 3;
            int from = 3 * (pixel / 64 / 2 * 32 + pixel % 64 / 2) + i % 3;
            large[i] = (byte) ((small[from] & 0xff) / 2 + 60);
        }
        float[] first = Thumbnails.row(new RgbImage(32, 32, small));
        float[] second = Thumbnails.row(new RgbImage(64, 64, large));
        assertThat(Embeddings.cosine(first, second)).isGreaterThan(0.97);
        assertThat(Thumbnails.row(new RgbImage(40, 20, new byte[3 * 40 * 20]))).containsOnly(0);
    }
}
