package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSourceTest {
    private static final DataOptions STANDARD = DataOptions.defaults();

    @TempDir
    private Path data;

    /** Files of one byte each. */
    private void put(String... files) throws IOException {
        for (String file : files) {
            Path path = data.resolve(file);
            Files.createDirectories(path.resolveSibling("."));
            Files.write(path, new byte[1]);
        }
    }

    private void putMany(String folder, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            put(String.format("%s/%03d.jpg", folder, i));
        }
    }

    private static List<String> names(Dataset images) {
        return IntStream.range(0, images.size()).mapToObj(images::name).toList();
    }

    private static List<Integer> labels(Dataset images) {
        return IntStream.range(0, images.size()).mapToObj(images::label).toList();
    }

    @Test
    void folders_are_classes_in_the_order_of_their_names() throws IOException {
        put("b/2.PNG", "b/10.jpg", "a/x.webp", "b/1.jpeg", "C/y.GIF", "a/z.bmp");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(source.labels()).containsExactly("C", "a", "b");
        assertThat(names(source.train()))
                .containsExactly("C/y.GIF", "a/x.webp", "a/z.bmp", "b/1.jpeg", "b/10.jpg", "b/2.PNG");
        assertThat(labels(source.train())).containsExactly(0, 1, 1, 2, 2, 2);
        assertThat(source.hasValidation()).isFalse();
        assertThat(source.description()).isEqualTo("3 classes, 6 images to train on (it is one folder of classes)");
    }

    @Test
    void hidden_files_and_folders_and_other_files_are_left_alone() throws IOException {
        put("a/1.jpg", "a/._1.jpg", "a/notes.txt", "a/jpg", "b/1.jpg", ".git/x.jpg", "readme.jpg");
        Files.createDirectories(data.resolve("b/folder.jpg"));

        assertThat(names(DataSource.open(data, STANDARD).train())).containsExactly("a/1.jpg", "b/1.jpg");
    }

    @Test
    void every_fifth_image_of_a_class_validates_counted_from_its_first() throws IOException {
        putMany("a", 11);
        putMany("b", 5);

        DataSource source = DataSource.open(data, STANDARD.withValEvery(5));

        assertThat(names(source.validation())).containsExactly("a/000.jpg", "a/005.jpg", "a/010.jpg", "b/000.jpg");
        assertThat(source.train().size()).isEqualTo(12);
        assertThat(names(source.train())).doesNotContainAnyElementsOf(names(source.validation()));
        assertThat(source.options().valEvery()).isEqualTo(OptionalInt.of(5));
        assertThat(source.description())
                .isEqualTo("2 classes, 12 images to train on, 4 to validate with (val-every 5)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"val", "valid", "validation", "test", "Valid", "VAL"})
    void folders_for_training_and_validation(String split) throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "train/b/2.jpg", split + "/a/3.jpg", split + "/b/3.jpg");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(names(source.train())).containsExactly("train/a/1.jpg", "train/b/1.jpg", "train/b/2.jpg");
        assertThat(names(source.validation())).containsExactly(split + "/a/3.jpg", split + "/b/3.jpg");
        assertThat(source.options().split()).contains(split);
    }

    @Test
    void a_split_can_be_chosen() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "val/a/2.jpg", "val/b/2.jpg", "test/a/3.jpg", "test/b/3.jpg");

        assertThat(names(DataSource.open(data, STANDARD).validation())).contains("val/a/2.jpg");
        assertThat(names(DataSource.open(data, STANDARD.withSplit("test")).validation()))
                .containsExactly("test/a/3.jpg", "test/b/3.jpg");
        assertThat(names(DataSource.open(data, STANDARD.withSplit("train")).validation()))
                .containsExactly("train/a/1.jpg", "train/b/1.jpg");
        assertThatThrownBy(() -> DataSource.open(data, STANDARD.withSplit("dev")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no split 'dev' in " + data + ", which has test, train, val");
    }

    @Test
    void the_options_it_gives_back_divide_the_same_way() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "test/a/3.jpg", "test/b/3.jpg");
        DataSource source = DataSource.open(data, STANDARD);
        put("val/a/2.jpg", "val/b/2.jpg"); // would be chosen first

        DataSource again = DataSource.open(data, source.options());

        assertThat(names(again.validation())).isEqualTo(names(source.validation()));
        assertThat(again.digest()).isEqualTo(source.digest());
    }

    @Test
    void only_a_folder_to_train_on_can_be_divided() throws IOException {
        putMany("train/a", 4);
        putMany("train/b", 4);

        assertThat(DataSource.open(data, STANDARD.withValEvery(2)).validation().size())
                .isEqualTo(4);
        assertThatThrownBy(() -> DataSource.open(data, STANDARD).validation())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(data + " has no images to validate with: it has a part train, and none of val,"
                        + " valid, validation, test; say which with `val_every` N, or add a folder val");
    }

    @Test
    void only_a_folder_to_validate_with_has_nothing_to_train_on() throws IOException {
        put("val/a/1.jpg", "val/b/1.jpg");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(source.validation().size()).isEqualTo(2);
        assertThat(source.hasTrain()).isFalse();
        assertThatThrownBy(source::train)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(data + " has no images to train on: split val");
    }

    @Test
    void all_of_one_folder_of_classes_can_validate() throws IOException {
        put("a/1.jpg", "b/1.jpg");

        DataSource source = DataSource.open(data, STANDARD.withSplit(DataOptions.ALL));

        assertThat(source.validation().size()).isEqualTo(2);
        assertThat(source.hasTrain()).isFalse();
        assertThatThrownBy(() -> DataSource.open(data, STANDARD.withSplit("val")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it is one folder of classes; give `val_every` N, or `split` all");
    }

    @Test
    void a_class_may_be_called_train() throws IOException {
        put("train/1.jpg", "plane/1.jpg");

        assertThat(DataSource.open(data, STANDARD).labels()).containsExactly("plane", "train");
    }

    @Test
    void val_every_beside_a_folder_that_validates_is_a_contradiction() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "val/a/2.jpg", "val/b/2.jpg");

        assertThatThrownBy(() -> DataSource.open(data, STANDARD.withValEvery(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(data + " is divided already (train, val); leave out `val_every`");
        assertThatThrownBy(() -> STANDARD.withValEvery(5).withSplit("val"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("give one");
        assertThatThrownBy(() -> STANDARD.withValEvery(1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_missing_folder_is_named_with_what_there_is_of_its_path() {
        Path missing = data.resolve("photos/of/birds");

        assertThatThrownBy(() -> DataSource.open(missing, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage("there is no folder " + missing + "; the nearest that exists is " + data);
    }

    @Test
    void a_file_that_is_no_data_is_refused() throws IOException {
        put("weights.bin");

        assertThatThrownBy(() -> DataSource.open(data.resolve("weights.bin"), STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("is a file; a folder of images, an archive of CIFAR (.tar.gz) or a shard");
    }

    @Test
    void an_empty_class_is_named() throws IOException {
        put("a/1.jpg", "b/notes.txt");

        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageStartingWith("the class folder " + data.resolve("b") + " has no images (jpg, jpeg, ")
                .hasMessageEndingWith("), only 1 file: 1 .txt; add some or remove it");
    }

    @Test
    void an_empty_class_is_not_said_to_have_what_others_have() throws IOException {
        put("a/1.jpg", "a/notes.txt");
        Files.createDirectories(data.resolve("b"));

        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .hasMessageStartingWith("the class folder " + data.resolve("b") + " has no images (jpg, jpeg, ")
                .hasMessageEndingWith("); add some or remove it");
    }

    @Test
    void a_folder_without_classes_is_refused_and_its_own_images_counted() throws IOException {
        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage(data + " has no folders of classes; a folder for each class is expected in it");
        put("1.jpg", "2.jpg");
        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("only 2 images of its own");
    }

    @Test
    void one_class_is_not_enough() throws IOException {
        put("bird/1.jpg");

        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage("a classifier needs at least two classes, and " + data + " has only 'bird'");
    }

    @Test
    void classes_that_differ_are_named() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/c/1.jpg");

        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessage(
                        "train and val in " + data + " do not have the same classes: only in train: b; only in val: c");
    }

    @Test
    void the_only_image_of_a_class_trains() throws IOException {
        put("a/1.jpg", "a/2.jpg", "b/1.jpg");

        DataSource source = DataSource.open(data, STANDARD.withValEvery(2));

        assertThat(names(source.train())).containsExactly("a/2.jpg", "b/1.jpg");
        assertThat(names(source.validation())).containsExactly("a/1.jpg");
        assertThat(source.remarks()).containsExactly("1 class without validation images: b");
    }

    @Test
    void classes_of_one_image_each_leave_none_to_validate_with() throws IOException {
        put("a/1.jpg", "b/1.jpg");

        assertThatThrownBy(() -> DataSource.open(data, STANDARD.withValEvery(2)))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("has one image, so none is left to validate with");
    }

    @Test
    void a_class_without_validation_images_trains() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "train/c/1.jpg", "val/a/2.jpg", "val/c/2.jpg");

        DataSource without = DataSource.open(data, STANDARD);
        Files.createDirectories(data.resolve("val/b"));
        DataSource empty = DataSource.open(data, STANDARD);

        for (DataSource source : List.of(without, empty)) {
            assertThat(source.labels()).containsExactly("a", "b", "c");
            assertThat(source.validation().labels()).isEqualTo(source.labels());
            assertThat(labels(source.train())).containsExactly(0, 1, 2);
            assertThat(labels(source.validation())).containsExactly(0, 2);
            assertThat(source.remarks()).containsExactly("1 class without validation images: b");
        }
        Files.delete(data.resolve("val/a/2.jpg"));
        Files.delete(data.resolve("val/c/2.jpg"));
        assertThatThrownBy(() -> DataSource.open(data, STANDARD))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("the folders of classes in " + data.resolve("val") + " have no images");
    }

    @Test
    void valid_validates_before_test_which_is_named_as_unused() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "valid/a/2.jpg", "valid/b/2.jpg", "test/a/3.jpg", "test/b/3.jpg");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(names(source.validation())).containsExactly("valid/a/2.jpg", "valid/b/2.jpg");
        assertThat(source.unusedSplits()).containsExactly("test");
        assertThat(source.remarks()).containsExactly("not used: test (--split NAME validates with that one)");
        for (String split : List.of("val", "VALID", "validation")) {
            assertThat(names(DataSource.open(data, STANDARD.withSplit(split)).validation()))
                    .isEqualTo(names(source.validation()));
        }
    }

    @ParameterizedTest
    @CsvSource({"Train, Val", "TRAIN, TEST", "Training, Testing"})
    void capital_names_of_splits_are_no_classes(String train, String validation) throws IOException {
        put(train + "/a/1.jpg", train + "/b/1.jpg", validation + "/a/2.jpg", validation + "/b/2.jpg");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(source.labels()).containsExactly("a", "b");
        assertThat(names(source.train())).containsExactly(train + "/a/1.jpg", train + "/b/1.jpg");
        assertThat(names(source.validation())).containsExactly(validation + "/a/2.jpg", validation + "/b/2.jpg");
    }

    @Test
    void images_in_folders_inside_a_class_are_of_it_and_come_folder_by_folder() throws IOException {
        put("a/b/2.jpg", "a/z.jpg", "a/b-c/1.jpg", "a/b/c/0.jpg", "a/10.jpg", "a/.b/1.jpg", "b/1.jpg");

        DataSource source = DataSource.open(data, STANDARD);

        // as sorted(os.walk(...)) has them: '-' before '/'
        assertThat(names(source.train()))
                .containsExactly("a/10.jpg", "a/z.jpg", "a/b/2.jpg", "a/b-c/1.jpg", "a/b/c/0.jpg", "b/1.jpg");
        assertThat(labels(source.train())).containsExactly(0, 0, 0, 0, 0, 1);
        assertThat(source.remarks()).containsExactly("3 images in folders inside a class's folder");
    }

    @Test
    void a_link_to_a_folder_around_it_is_not_followed() throws IOException {
        put("a/in/1.jpg", "b/1.jpg");
        Files.createSymbolicLink(data.resolve("a/in/again"), data.resolve("a"));
        Files.createSymbolicLink(data.resolve("a/in/all"), data.resolve("b")); // this one leads to others

        assertThat(names(DataSource.open(data, STANDARD).train()))
                .containsExactly("a/in/1.jpg", "a/in/all/1.jpg", "b/1.jpg");
    }

    @Test
    void every_usual_ending_is_taken_and_what_is_left_out_is_counted() throws IOException {
        put("a/1.jfif", "a/2.JPE", "a/3.Jpeg", "a/4.heic", "a/5.HEIC", "a/in/6.psd", "a/notes", "b/1.jpg", "loose.png");

        DataSource source = DataSource.open(data, STANDARD);

        assertThat(names(source.train())).containsExactly("a/1.jfif", "a/2.JPE", "a/3.Jpeg", "b/1.jpg");
        assertThat(source.leftOut()).isEqualTo(Map.of("", 1, ".heic", 2, ".psd", 1));
        assertThat(source.remarks())
                .containsExactly(
                        "4 files left out: 2 .heic, 1 without an ending, 1 .psd",
                        "1 image left out: beside the folders of the classes");
    }

    @Test
    void data_as_expected_needs_no_remarks() throws IOException {
        put("train/a/1.jpg", "train/b/1.jpg", "val/a/2.jpg", "val/b/2.jpg");

        assertThat(DataSource.open(data, STANDARD).remarks()).isEmpty();
    }

    @Test
    void the_digest_knows_names_sizes_labels_and_division_and_not_the_place(@TempDir Path elsewhere)
            throws IOException {
        putMany("a", 4);
        putMany("b", 4);
        String digest = DataSource.open(data, STANDARD.withValEvery(2)).digest();
        assertThat(digest).matches("[0-9a-f]{64}");

        for (String name : List.of("a", "b")) {
            Files.createDirectories(elsewhere.resolve(name));
            for (int i = 0; i < 4; i++) {
                Files.write(elsewhere.resolve(String.format("%s/%03d.jpg", name, i)), new byte[] {9});
            }
        }
        assertThat(DataSource.open(elsewhere, STANDARD.withValEvery(2)).digest())
                .isEqualTo(digest);
        assertThat(DataSource.open(data, STANDARD.withValEvery(3)).digest()).isNotEqualTo(digest);
        Files.write(data.resolve("a/000.jpg"), new byte[2]);
        assertThat(DataSource.open(data, STANDARD.withValEvery(2)).digest()).isNotEqualTo(digest);
        Files.move(elsewhere.resolve("a/000.jpg"), elsewhere.resolve("a/0.jpg"));
        assertThat(DataSource.open(elsewhere, STANDARD.withValEvery(2)).digest())
                .isNotEqualTo(digest);
    }

    @Test
    void images_are_read_where_they_lie_and_named_when_they_cannot_be() throws IOException {
        put("a/bad.gif", "b/1.jpg");
        Files.write(data.resolve("a/good.gif"), RecordedPixels.drawn().bytes("tiny_3x5.gif"));

        Dataset images = DataSource.open(data, STANDARD).train();

        assertThat(images.image(1)).hasToString("3x5 pixels");
        assertThatThrownBy(() -> images.image(0))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith(data.resolve("a/bad.gif") + ": not an image");
    }

    @Test
    void links_are_followed_and_one_that_leads_nowhere_is_a_bad_image(@TempDir Path elsewhere) throws IOException {
        Files.write(elsewhere.resolve("there.gif"), RecordedPixels.drawn().bytes("tiny_3x5.gif"));
        put("a/1.jpg");
        Files.createDirectories(data.resolve("b"));
        Files.createSymbolicLink(data.resolve("b/1.gif"), elsewhere.resolve("there.gif"));
        Files.createSymbolicLink(data.resolve("b/2.gif"), elsewhere.resolve("nowhere.gif"));

        Dataset images = DataSource.open(data, STANDARD).train();

        assertThat(names(images)).containsExactly("a/1.jpg", "b/1.gif", "b/2.gif");
        assertThat(images.image(1)).hasToString("3x5 pixels");
        assertThatThrownBy(() -> images.image(2))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("could not read " + data.resolve("b/2.gif"));
    }

    @Test
    void limits_reach_the_decoder() throws IOException {
        put("b/1.jpg");
        Files.createDirectories(data.resolve("a"));
        Files.write(data.resolve("a/1.gif"), RecordedPixels.drawn().bytes("tiny_3x5.gif"));
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults().withMaxPixels(14));

        Dataset images = DataSource.open(data, STANDARD.withDecoder(decoder)).train();

        assertThatThrownBy(() -> images.image(0))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("3x5 pixels are too many: at most 14 in all");
    }
}
