package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelFileTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("labels.txt");
    }

    private LabelFile read(String text) throws IOException {
        return LabelFile.read(Files.writeString(file, text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cat\nmy dog\ncat\n",
                "\ufeffcat\nmy dog\ncat",
                "\ufeffcat\r\nmy dog\r\ncat\r\n",
                "cat \n\tmy dog\ncat\n\n \n\r\n"
            })
    void a_byte_order_mark_blanks_around_names_and_blank_last_lines_are_no_part_of_the_names(String text)
            throws IOException {
        LabelFile read = read(text);

        assertThat(read.names()).containsExactly("cat", "my dog", "cat");
        assertThat(read.isIndexed()).isFalse();
        assertThat(read.remark(file)).isEmpty();
    }

    @Test
    void a_folder_in_the_place_of_a_file_is_named() {
        assertThatThrownBy(() -> LabelFile.read(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder + ": it is a folder, and a file is expected");
    }

    @Test
    void an_index_before_each_name_is_no_part_of_it_and_is_remarked_on() throws IOException {
        LabelFile read = read("0 tench, Tinca tinca\n1\tgoldfish\n2  great white shark\n");

        assertThat(read.names()).containsExactly("tench, Tinca tinca", "goldfish", "great white shark");
        assertThat(read.remark(file))
                .contains("each line of " + file + " begins with its index, which is no part of the name:"
                        + " 'tench, Tinca tinca', 'goldfish', ...");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 euro\n2 euro\n", "0 a\n1 b\n3 c\n", "0 a\n1\n", "0 a\nb\n", "00 a\n01 b\n"})
    void numbers_that_are_not_the_indices_are_part_of_the_names(String text) throws IOException {
        assertThat(read(text).names()).isEqualTo(text.lines().toList());
    }

    @Test
    void names_are_read_as_they_were_written_whatever_they_look_like() throws IOException {
        for (List<String> names : List.of(List.of("cat", "犬"), List.of("0 apples", "1 apple"))) {
            LabelFile.write(file, names);

            assertThat(LabelFile.read(file).names()).isEqualTo(names);
        }
    }

    @Test
    void a_file_that_does_not_name_classes_is_refused_with_the_line() throws IOException {
        assertThatThrownBy(() -> read("cat\n\ndog\n"))
                .hasMessage(file + ", line 2: is empty; the name of a class is expected");
        assertThatThrownBy(() -> read("cat\n"))
                .hasMessage(file + " has 1 name, and a classifier has at least two classes");
        assertThatThrownBy(() -> read("\n\n")).hasMessageContaining("has 0 names");
        Files.write(file, "caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> LabelFile.read(file)).hasMessageContaining("is not text in UTF-8");
        Files.delete(file);
        assertThatThrownBy(() -> LabelFile.read(file))
                .hasMessage("could not read the class names " + file + ": there is no such file or folder");
    }
}
