package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.PngWriter;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSurveyTest {
    @TempDir
    private Path data;

    @BeforeEach
    void images() throws IOException {
        Gifs.folder(data, "ant", 0, 6);
        Gifs.folder(data, "bee", 10, 3);
        Files.write(data.resolve("bee/wide.gif"), RecordedPixels.drawn().bytes("tiny_3x5.gif"));
        Files.write(data.resolve("ant/again.gif"), Gifs.gif(11)); // a bee's
        byte[] same = Gifs.gif(12); // the same pixel in other bytes
        same[16] = 77;
        Files.write(data.resolve("bee/copy.gif"), same);
        Files.writeString(data.resolve("ant/bad.gif"), "no image");
    }

    private DataSource source() throws IOException {
        return DataSource.open(data, DataOptions.defaults().withValEvery(3));
    }

    @Test
    void counts_sizes_errors_and_duplicates() throws Exception {
        AtomicInteger looked = new AtomicInteger();

        DataSurvey survey = DataSurvey.of(source(), 3, looked::incrementAndGet);

        assertThat(looked).hasValue(13);
        assertThat(survey.classes())
                .containsExactly(new DataSurvey.ClassCount("ant", 5, 3), new DataSurvey.ClassCount("bee", 3, 2));
        assertThat(survey.width()).isEqualTo(Optional.of(new DataSurvey.Range(1, 1, 3)));
        assertThat(survey.height()).isEqualTo(Optional.of(new DataSurvey.Range(1, 1, 5)));
        assertThat(survey.unreadable()).extracting(SkippedImage::name).containsExactly("ant/bad.gif");
        // sorted: ant 000 .. 005, again, bad; bee 000, 001, 002, copy, wide; positions 0, 3, 6 validate
        assertThat(survey.duplicates())
                .containsExactlyInAnyOrder(
                        new DataSurvey.Duplicates(List.of("bee/001.gif", "ant/again.gif"), true, true),
                        new DataSurvey.Duplicates(List.of("bee/002.gif", "bee/copy.gif"), true, false));
        assertThat(survey).isEqualTo(DataSurvey.of(source(), 1, () -> {}));
    }

    @Test
    void validation_images_of_a_training_images_bytes_are_found_by_reading_those_of_equal_size() throws Exception {
        AtomicInteger read = new AtomicInteger();

        DataSurvey.Leaks leaks = DataSurvey.leaks(source(), Long.MAX_VALUE, read::incrementAndGet);

        assertThat(leaks.found()).containsExactly(new DataSurvey.Leak("ant/again.gif", "bee/001.gif"));
        assertThat(read).hasValue(11); // the wide image and the unreadable one have sizes of their own
        assertThat(leaks.bytes()).isEqualTo(11 * 4096);
        assertThat(leaks.isComplete()).isTrue();
        assertThat(DataSurvey.leaks(source(), 11 * 4096, () -> {})).isEqualTo(leaks);
        read.set(0);
        assertThat(DataSurvey.leaks(source(), 11 * 4096 - 1, read::incrementAndGet))
                .isEqualTo(new DataSurvey.Leaks(List.of(), 11 * 4096, false));
        assertThat(read).hasValue(0);
        DataSource opened = source();
        Files.delete(data.resolve("bee/001.gif"));
        assertThat(DataSurvey.leaks(opened, Long.MAX_VALUE, () -> {}).found()).isEmpty();
        assertThatThrownBy(() -> DataSurvey.leaks(source(), Long.MAX_VALUE, () -> {
                    throw new CancellationException("stopped");
                }))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void a_file_that_both_lists_name_is_found(@TempDir Path lists) throws Exception {
        ListFiles files = new ListFiles(
                Optional.of(Files.writeString(lists.resolve("train.txt"), "ant/000.gif 0\nbee/000.gif 1\n")),
                Optional.of(Files.writeString(lists.resolve("val.txt"), "ant/001.gif 0\nbee/000.gif 1\n")));

        DataSource listed = DataSource.open(data, DataOptions.defaults().withLists(files));

        assertThat(DataSurvey.leaks(listed, Long.MAX_VALUE, () -> {}).found())
                .containsExactly(new DataSurvey.Leak("bee/000.gif", "bee/000.gif"));
    }

    @Test
    void images_of_shards_are_compared_as_they_are_stored(@TempDir Path shards) throws Exception {
        ShardWriter.pack(source(), shards, 5, 7, () -> {});

        DataSurvey.Leaks leaks =
                DataSurvey.leaks(DataSource.open(shards, DataOptions.defaults()), Long.MAX_VALUE, () -> {});

        assertThat(leaks.found()).hasSize(1);
        assertThat(leaks.found().get(0).toString()).matches("val-\\d+\\.tar/\\S+ = train-\\d+\\.tar/\\S+");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void images_of_cifars_files_are_compared_by_their_pixels(boolean pickled, @TempDir Path folder) throws Exception {
        CifarFiles cifar = new CifarFiles(3) {
            @Override
            byte[] planes(String stem, int index) {
                return stem.equals("test_batch") && index == 1
                        ? super.planes("data_batch_2", 2)
                        : super.planes(stem, index);
            }
        };
        CifarFiles.write(folder, pickled ? cifar.python10() : cifar.binary10());
        DataSource source = DataSource.open(folder, DataOptions.defaults());

        DataSurvey.Leaks leaks = DataSurvey.leaks(source, Long.MAX_VALUE, () -> {});

        assertThat(leaks.found())
                .containsExactly(new DataSurvey.Leak(
                        source.validation().name(1), source.train().name(5)));
    }

    @Test
    void what_a_caller_throws_ends_it() {
        assertThatThrownBy(() -> DataSurvey.of(source(), 2, () -> {
                    throw new CancellationException("stopped");
                }))
                .isInstanceOf(CancellationException.class)
                .hasMessage("stopped");
    }

    @Tag("native")
    @Test
    void mean_and_deviation_are_of_the_pixels_of_the_training_images_alone(@TempDir Path other) throws Exception {
        for (String split : List.of("train", "val")) {
            for (String name : List.of("a", "b")) {
                Files.createDirectories(other.resolve(split).resolve(name));
            }
        }
        byte[] two = {0, 51, (byte) 255, 0, 51, 0}; // two pixels
        byte[] one = {(byte) 255, 51, 0};
        Files.write(other.resolve("train/a/1.png"), PngWriter.encode(new RgbImage(2, 1, two)));
        Files.write(other.resolve("train/b/1.png"), PngWriter.encode(new RgbImage(1, 1, one)));
        Files.write(other.resolve("val/a/1.png"), PngWriter.encode(new RgbImage(1, 1, new byte[] {9, 9, 9})));

        DataSurvey survey = DataSurvey.of(DataSource.open(other, DataOptions.defaults()), 2, () -> {});

        DataSurvey.PixelStatistics pixels = survey.trainPixels().orElseThrow();
        double std = Math.sqrt(2) / 3; // of 0, 0, 1
        assertThat(pixels.mean().get(0)).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(pixels.mean().get(1)).isCloseTo(0.2, within(1e-12));
        assertThat(pixels.std().get(0)).isCloseTo(std, within(1e-12));
        assertThat(pixels.std().get(1)).isCloseTo(0, within(1e-12));
        assertThat(pixels.std().get(2)).isCloseTo(std, within(1e-12));
    }
}
