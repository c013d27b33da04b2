package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void replaces_a_file_and_makes_missing_folders() throws IOException {
        Path file = folder.resolve("a/b/c.txt");
        AtomicFile.write(file, out -> out.write(bytes("one")));
        AtomicFile.write(file, out -> out.write(bytes("two")));
        assertThat(file).hasContent("two");
        assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void a_failure_leaves_the_old_file_and_nothing_else() throws IOException {
        Path file = folder.resolve("kept.txt");
        AtomicFile.write(file, out -> out.write(bytes("old")));
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    out.write(bytes("half of the new"));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("could not write " + file + ": No space left on device");
        assertThat(file).hasContent("old");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void a_message_names_the_file_or_what_is_in_its_way_and_not_the_temporary_file() throws IOException {
        Path file = folder.resolve("x.onnx");
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    throw new AccessDeniedException(
                            folder.resolve(".x.onnx.123.tmp").toString());
                }))
                .hasMessage("could not write " + file
                        + ": access denied; check the permissions of the file and its folder");
        Files.createFile(folder.resolve("taken"));
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("taken/x.onnx"), out -> {}))
                .hasMessageStartingWith(
                        "could not write " + folder.resolve("taken/x.onnx") + ": " + folder.resolve("taken") + ": ");
    }

    @Test
    void a_mistake_in_the_content_leaves_nothing_either() throws IOException {
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("x"), out -> {
                    throw new IllegalStateException("a mistake");
                }))
                .isInstanceOf(IllegalStateException.class);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }
}
