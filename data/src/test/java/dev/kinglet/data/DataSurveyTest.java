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
