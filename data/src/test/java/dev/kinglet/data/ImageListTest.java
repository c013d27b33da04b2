package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.base.LabelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageListTest {
    @TempDir
    private Path folder;

    private Path data;

    @BeforeEach
    void images() throws IOException {
        data = folder.resolve("data");
        Gifs.folder(data, "cat", 0, 7);
        Gifs.folder(data, "my dog", 10, 6);
    }

    private DataOptions lists(String train, String validation) throws IOException {
        return DataOptions.defaults()
                .withLists(new ListFiles(
                        Optional.of(Files.writeString(folder.resolve("train.txt"), train)),
                        Optional.of(Files.writeString(folder.resolve("val.txt"), validation))));
    }

    private static List<String> described(Dataset images) {
        return IntStream.range(0, images.size())
                .mapToObj(i -> images.name(i) + "=" + images.label(i))
                .toList();
    }

    @Test
    void lines_are_a_path_and_after_the_last_blank_a_label() throws IOException {
        DataSource source = DataSource.open(
                data, lists("my dog/003.gif 3\ncat/000.gif\t0\r\nmy dog/000.gif   3\n", "cat/001.gif 1"));

        assertThat(described(source.train())).containsExactly("my dog/003.gif=3", "cat/000.gif=0", "my dog/000.gif=3");
        assertThat(described(source.validation())).containsExactly("cat/001.gif=1");
        assertThat(Gifs.number(source.train().image(0))).isEqualTo(13);
        assertThat(source.labels()).containsExactly("0", "1", "2", "3");
        assertThat(source.validation().labels()).isEqualTo(source.labels());
        assertThat(source.numbersClasses()).isTrue();
        assertThat(source.description()).startsWith("4 classes, 3 images to train on, 1 to validate with (listed in ");
    }

    @Test
    void names_may_be_given_to_the_numbers_and_may_be_the_same() throws IOException {
        DataOptions options = lists("cat/000.gif 0\n", "my dog/000.gif 2\n").withLabels(List.of("cat", "dog", "dog"));

        assertThat(DataSource.open(data, options).labels()).containsExactly("cat", "dog", "dog");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cat/000.gif 0\\n\\ncat/001.gif 0 | line 2: is empty; 'path label' is expected",
                "cat/000.gif 0\\ncat/001.gif | line 2: has no blank between a path and a label: 'cat/001.gif'",
                "cat/000.gif 0\\ncat/001.gif zero | line 2: the label is 'zero'; the index of a class, from 0, is expected",
                "cat/000.gif -1 | line 1: the label -1 is outside the 2 classes, 0 to 1",
                "cat/000.gif 0\\ncat/001.gif 1\\ncat/002.gif 2 | line 3: the label 2 is outside the 2 classes, 0 to 1",
                "cat/000.gif 0\\ncat/no.gif 1 | line 2: there is no image 'cat/no.gif' in",
                "cat 0 | line 1: 'cat' in"
            })
    void a_line_that_is_wrong_is_named(String list, String message) throws IOException {
        DataOptions options =
                lists("cat/000.gif 0\n", list.replace("\\n", "\n")).withLabels(List.of("cat", "dog"));

        assertThatThrownBy(() -> DataSource.open(data, options))
                .isInstanceOf(DatasetException.class)
                .hasMessageStartingWith(folder.resolve("val.txt") + ", " + message);
    }

    @Test
    void a_list_that_is_no_list_is_named() throws IOException {
        DataOptions empty = lists("", "cat/000.gif 1");
        assertThatThrownBy(() -> DataSource.open(data, empty)).hasMessageContaining("train.txt lists no images");
        DataOptions one = lists("cat/000.gif 0", "cat/001.gif 0");
        assertThatThrownBy(() -> DataSource.open(data, one)).hasMessageContaining("at least two classes");
        DataOptions binary = lists("cat/000.gif 0\n", "cat/001.gif 1");
        Files.write(folder.resolve("train.txt"), "cat/\u00e9.gif 0".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> DataSource.open(data, binary)).hasMessageContaining("is not text in UTF-8");
        Files.delete(folder.resolve("train.txt"));
        assertThatThrownBy(() -> DataSource.open(data, binary))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("could not read the list " + folder.resolve("train.txt"));
    }

    @Test
    void one_list_is_enough_for_what_it_lists() throws IOException {
        Path list = Files.writeString(folder.resolve("val.txt"), "cat/000.gif 1\n");
        DataSource source = DataSource.open(
                data, DataOptions.defaults().withLists(new ListFiles(Optional.empty(), Optional.of(list))));

        assertThat(source.hasTrain()).isFalse();
        assertThat(described(source.validation())).containsExactly("cat/000.gif=1");
    }

    @Test
    void lists_and_another_division_contradict_each_other() throws IOException {
        DataOptions options = lists("cat/000.gif 0", "cat/001.gif 1");

        assertThatThrownBy(() -> options.withValEvery(5))
                .hasMessageContaining("list files")
                .hasMessageContaining("5");
        assertThatThrownBy(() -> options.withSplit("val")).hasMessageContaining("give one");
    }

    @Test
    void a_division_written_as_lists_is_the_same_division() throws IOException {
        DataSource divided = DataSource.open(data, DataOptions.defaults().withValEvery(3));
        ListFiles lists = ListWriter.write(divided, folder.resolve("lists"));

        DataSource listed = DataSource.open(
                data,
                DataOptions.defaults()
                        .withLists(lists)
                        .withLabels(LabelFile.read(folder.resolve("lists/labels.txt"))
                                .names()));

        assertThat(described(listed.train())).isEqualTo(described(divided.train()));
        assertThat(described(listed.validation()))
                .isEqualTo(described(divided.validation()))
                .containsExactly(
                        "cat/000.gif=0", "cat/003.gif=0", "cat/006.gif=0", "my dog/000.gif=1", "my dog/003.gif=1");
        assertThat(listed.digest()).isEqualTo(divided.digest());
        assertThatThrownBy(() -> ListWriter.write(divided, folder.resolve("lists")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is there already");
    }

    @Test
    void a_byte_order_mark_and_blank_last_lines_are_no_part_of_a_list() throws IOException {
        DataSource source = DataSource.open(data, lists("\ufeffcat/000.gif 0\r\n\r\n \n", "my dog/000.gif 1\n\n\n"));

        assertThat(described(source.train())).containsExactly("cat/000.gif=0");
        assertThat(described(source.validation())).containsExactly("my dog/000.gif=1");
    }

    @Test
    void an_index_in_a_file_of_names_is_remarked_on() throws IOException {
        Path names = Files.writeString(folder.resolve("labels.txt"), "\ufeff0 cat\n1 dog\n\n");

        DataSource source = DataSource.open(data, lists("cat/000.gif 0", "my dog/000.gif 1"), names);

        assertThat(source.labels()).containsExactly("cat", "dog");
        assertThat(source.remarks())
                .contains("each line of " + names
                        + " begins with its index, which is no part of the name: 'cat', 'dog', ...");
    }
}
