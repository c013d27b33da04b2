package dev.kinglet.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardFunctionTest {
    @TempDir
    private Path folder;

    @Test
    void an_image_has_the_number_beside_it() throws IOException {
        Path shard = tar("a.tar", "1.jpg", "one", "1.cls", "7", "1.json", "{}", "2.cls", " 3\n", "2.png", "two");
        assertThat(rows(shard)).containsExactly(shard + "/1.jpg one 7 null", shard + "/2.png two 3 null");
    }

    @Test
    void an_image_without_a_number_has_none() throws IOException {
        Path shard = tar("a.tar", "1.jpg", "one", "2.jpg", "two", "2.cls", "bird");
        assertThat(rows(shard)).containsExactly(shard + "/1.jpg one null null", shard + "/2.jpg two null null");
    }

    @Test
    void a_truncated_shard_gives_the_images_before_the_damage_and_a_reason() throws IOException {
        Path shard = tar("a.tar", "1.jpg", "one", "1.cls", "1", "2.jpg", "x".repeat(2000));
        byte[] bytes = Files.readAllBytes(shard);
        Files.write(shard, Arrays.copyOf(bytes, 3000));
        List<String> rows = rows(shard);
        assertThat(rows).hasSize(2).first().isEqualTo(shard + "/1.jpg one 1 null");
        assertThat(rows.get(1)).startsWith(shard + " null null " + shard + ": ").containsIgnoringCase("truncated");
    }

    @Test
    void a_shard_that_is_not_there_is_a_row_and_the_next_is_read() throws IOException {
        Path shard = tar("b.tar", "1.jpg", "one");
        Path missing = folder.resolve("a.tar");
        List<String> rows = rows(missing, shard);
        assertThat(rows.get(0)).startsWith(missing + " null null " + missing + ": ");
        assertThat(rows.get(1)).isEqualTo(shard + "/1.jpg one null null");
    }

    private List<String> rows(Path... shards) {
        List<String> rows = new ArrayList<>();
        new ShardFunction(new HashMap<>())
                .call(Arrays.stream(shards)
                        .map(shard -> RowFactory.create(shard.toString()))
                        .iterator())
                .forEachRemaining(row -> rows.add(text(row)));
        return rows;
    }

    private static String text(Row row) {
        Object content = row.get(1);
        return row.get(0) + " "
                + (content == null ? "null" : new String((byte[]) content, StandardCharsets.UTF_8)) + " " + row.get(2)
                + " " + row.get(3);
    }

    private Path tar(String name, String... entries) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            for (int i = 0; i < entries.length; i += 2) {
                byte[] content = entries[i + 1].getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(entries[i]);
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return file;
    }
}
