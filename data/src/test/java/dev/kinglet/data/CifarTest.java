package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CifarTest {
    private static final int EACH = 3;
    private static final DataOptions STANDARD = DataOptions.defaults();

    private final CifarFiles written = new CifarFiles(EACH);

    @TempDir
    private Path folder;

    private Map<String, byte[]> files(String form) throws IOException {
        return switch (form) {
            case "binary10" -> written.binary10();
            case "python10" -> written.python10();
            case "binary100" -> written.binary100();
            case "python100" -> written.python100();
            default -> throw new IllegalArgumentException(form);
        };
    }

    private void assertHolds(Dataset images, String... stems) throws IOException {
        assertThat(images.size()).isEqualTo(EACH * stems.length);
        int classes = images.labels().size();
        assertThat(images.labels()).isEqualTo(CifarFiles.names(classes));
        for (int index = 0; index < images.size(); index++) {
            String stem = stems[index / EACH];
            byte[] planes = written.planes(stem, index % EACH);
            byte[] rgb = images.image(index).rgb();
            for (int i = 0; i < 3072; i++) {
                assertThat(rgb[i]).isEqualTo(planes[i % 3 * 1024 + i / 3]);
            }
            assertThat(images.label(index)).isEqualTo(written.label(stem, index % EACH, classes));
            assertThat(images.name(index)).isEqualTo(stem + "#" + index % EACH);
        }
    }

    @ParameterizedTest
    @CsvSource({"binary10", "python10"})
    void cifar_10_from_a_folder_a_folder_around_it_and_an_archive(String form) throws IOException {
        String name = form.equals("binary10") ? "cifar-10-batches-bin" : "cifar-10-batches-py";
        CifarFiles.write(folder.resolve(name), files(form));
        Path archive = CifarFiles.archive(folder.resolve("cifar.tar.gz"), name, files(form));

        for (Path data : new Path[] {folder.resolve(name), folder, archive}) {
            DataSource source = DataSource.open(data, STANDARD);

            assertHolds(source.train(), "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5");
            assertHolds(source.validation(), "test_batch");
            assertThat(source.description())
                    .isEqualTo("10 classes, 15 images to train on, 3 to validate with (CIFAR-10, split test)");
        }
    }

    @ParameterizedTest
    @CsvSource({"binary100, cifar-100-binary", "python100, cifar-100-python"})
    void cifar_100_has_its_fine_classes(String form, String name) throws IOException {
        CifarFiles.write(folder.resolve(name), files(form));
        Path archive = CifarFiles.archive(folder.resolve("cifar.tgz"), name, files(form));

        for (Path data : new Path[] {folder.resolve(name), folder, archive}) {
            DataSource source = DataSource.open(data, STANDARD);

            assertHolds(source.train(), "train");
            assertHolds(source.validation(), "test");
            assertThat(source.labels()).hasSize(100);
        }
    }

    @Test
    void both_forms_of_the_same_data_have_the_same_digest() throws IOException {
        Set<String> digests = new HashSet<>();
        for (String form : new String[] {"binary10", "python10"}) {
            CifarFiles.write(folder.resolve(form), files(form));
            digests.add(DataSource.open(folder.resolve(form), STANDARD).digest());
        }
        assertThat(digests).hasSize(1);
    }

    @Test
    void the_images_it_trains_on_can_be_evaluated() throws IOException {
        CifarFiles.write(folder, files("binary10"));

        DataSource source = DataSource.open(folder, STANDARD.withSplit("train"));

        assertThat(source.validation().size()).isEqualTo(15);
        assertThatThrownBy(() -> DataSource.open(folder, STANDARD.withSplit("val")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("which has train and test, not 'val'");
        assertThatThrownBy(() -> DataSource.open(folder, STANDARD.withValEvery(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("test images of its own; leave out `val_every`");
    }

    @ParameterizedTest
    @CsvSource({"binary10, data_batch_3.bin", "python10, data_batch_3"})
    void a_missing_file_is_named(String form, String missing) throws IOException {
        Map<String, byte[]> files = files(form);
        files.remove(missing);
        CifarFiles.write(folder, files);

        assertThatThrownBy(() -> DataSource.open(folder, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage("CIFAR-10 in " + folder + " lacks " + missing);
    }

    @ParameterizedTest
    @CsvSource({
        "binary10, data_batch_2.bin, 9218 bytes are not a whole number of records of 3073",
        "python10, data_batch_2, pickle",
        "python100, train, pickle"
    })
    void a_truncated_file_is_named(String form, String name, String reason) throws IOException {
        Map<String, byte[]> files = files(form);
        byte[] whole = Objects.requireNonNull(files.get(name));
        files.put(name, Arrays.copyOf(whole, whole.length - 1));
        CifarFiles.write(folder, files);

        assertThatThrownBy(() -> DataSource.open(folder, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageStartingWith(name + " in " + folder + ": ")
                .hasMessageContaining(reason);
    }

    @Test
    void a_label_outside_the_classes_is_named() throws IOException {
        Map<String, byte[]> files = files("binary10");
        Objects.requireNonNull(files.get("data_batch_4.bin"))[3073] = 10;
        CifarFiles.write(folder, files);

        assertThatThrownBy(() -> DataSource.open(folder, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage(
                        "data_batch_4.bin in " + folder + ": its image 1 has the label 10, and there are 10 classes");
    }

    @Test
    void a_pickle_of_something_else_is_refused() throws IOException {
        Map<String, byte[]> files = files("python10");
        files.put("data_batch_1", Objects.requireNonNull(files("python100").get("train")));
        CifarFiles.write(folder, files);

        assertThatThrownBy(() -> DataSource.open(folder, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage("data_batch_1 in " + folder + ": it has no list 'labels'");
    }

    @ParameterizedTest
    @CsvSource({"100", "5000", "20000"})
    void a_truncated_archive_is_refused(int length) throws IOException {
        Path archive = CifarFiles.archive(folder.resolve("cifar.tar.gz"), "cifar", files("binary10"));
        Files.write(archive, Arrays.copyOf(Files.readAllBytes(archive), length));

        assertThatThrownBy(() -> DataSource.open(archive, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(archive + " is not a whole .tar.gz archive");
    }

    @Test
    void an_archive_of_something_else_is_refused() throws IOException {
        Path other = CifarFiles.archive(folder.resolve("other.tar.gz"), "x", Map.of("a.txt", new byte[10]));
        Path notGzip = Files.write(folder.resolve("not.tar.gz"), new byte[1000]);

        assertThatThrownBy(() -> DataSource.open(other, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("is not an archive of CIFAR-10 or CIFAR-100");
        assertThatThrownBy(() -> DataSource.open(notGzip, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("is not a whole .tar.gz archive");
    }

    @Test
    void an_archive_of_too_many_entries_is_refused() throws IOException {
        Map<String, byte[]> files = files("binary10");
        for (int i = 0; i < 1000; i++) {
            files.put("extra_" + i, new byte[0]);
        }
        Path archive = CifarFiles.archive(folder.resolve("cifar.tar.gz"), "cifar", files);

        assertThatThrownBy(() -> DataSource.open(archive, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("it has more than the 1000 entries that are allowed");
    }
}
