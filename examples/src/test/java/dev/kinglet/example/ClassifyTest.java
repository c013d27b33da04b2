package dev.kinglet.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ClassifyTest {
    @TempDir
    private Path folder;

    private String model = "";
    private Path photo = Path.of("");

    @BeforeEach
    void write() throws IOException {
        model = Images.network(folder).toString();
        photo = Files.write(Files.createDirectory(folder.resolve("photos")).resolve("a.jpg"), Images.jpeg());
    }

    @Test
    void one_image_gets_its_best_five_classes_the_best_first() throws IOException {
        String[] lines = printed(() -> ClassifyImage.main(new String[] {model, photo.toString()}));
        assertThat(lines).hasSizeBetween(2, 5).allMatch(line -> line.matches(" *\\d+\\.\\d\\d %  class \\d"));
        assertThat(lines).isSortedAccordingTo((a, b) -> b.compareTo(a)); // the numbers are aligned
    }

    @Test
    void a_folder_gets_a_line_for_each_file_and_a_damaged_one_costs_only_itself() throws IOException {
        Files.writeString(photo.resolveSibling("b.jpg"), "no image");
        String[] lines = printed(() -> ClassifyFolder.main(new String[] {model, String.valueOf(photo.getParent())}));
        assertThat(lines)
                .satisfiesExactly(
                        first -> assertThat(first).matches("a\\.jpg: class \\d \\(\\d+ %\\)"),
                        second -> assertThat(second).startsWith("b.jpg: "));
    }

    private interface Program {
        void run() throws IOException;
    }

    private static String[] printed(Program program) throws IOException {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            program.run();
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).stripTrailing().split("\\R");
    }
}
