package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Interpolation;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResamplerTest {
    /** GIFs, because they are decoded without native libraries. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "one_pixel.gif",
                "photo_like.gif",
                "still.gif",
                "tall_2x150.gif",
                "tiny_3x5.gif",
                "wide_150x2.gif"
            })
    void gives_the_bytes_that_pillow_gives(String file) throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();
        RecordedPixels.Recorded recorded = drawn.of(file);

        RgbImage image = new ImageDecoder(ImageLimits.defaults()).read(drawn.file(file));

        assertThat(RecordedPixels.sha256(image)).isEqualTo(recorded.pixels());
        assertThat(RecordedPixels.count(recorded)).isGreaterThanOrEqualTo(16);
        assertThat(RecordedPixels.differences(recorded, image)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void a_window_of_the_result_is_a_part_of_the_whole_result(Interpolation interpolation) {
        RgbImage image = SampleImages.noise(61, 47, 1);
        RgbImage whole = Resampler.resize(image, 40, 90, interpolation);

        RgbImage window = Resampler.resize(image, Box.of(image), 40, 90, new Box(13, 29, 20, 37), interpolation);

        assertThat(window.rgb()).isEqualTo(whole.cut(13, 29, 20, 37).rgb());
    }

    @ParameterizedTest
    @EnumSource
    void a_part_is_resized_as_if_nothing_were_around_it(Interpolation interpolation) {
        RgbImage image = SampleImages.noise(61, 47, 2);

        RgbImage part = Resampler.resize(image, new Box(7, 11, 30, 20), 16, 33, interpolation);

        assertThat(part.rgb())
                .isEqualTo(Resampler.resize(image.cut(7, 11, 30, 20), 16, 33, interpolation)
                        .rgb());
    }

    @ParameterizedTest
    @EnumSource
    void a_part_may_end_where_the_image_does(Interpolation interpolation) {
        for (int width = 1; width <= 5; width++) {
            RgbImage image = SampleImages.noise(width + 2, 6, width);

            RgbImage part = Resampler.resize(image, new Box(2, 4, width, 2), 9, 3, interpolation);

            assertThat(part.rgb())
                    .isEqualTo(Resampler.resize(image.cut(2, 4, width, 2), 9, 3, interpolation)
                            .rgb());
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_image_of_one_color_keeps_it_at_every_size(Interpolation interpolation) {
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            RgbImage flat = SampleImages.flat(1 + random.nextInt(90), 1 + random.nextInt(90), 255, 128, 3);
            int width = 1 + random.nextInt(90);
            int height = 1 + random.nextInt(90);

            RgbImage resized = Resampler.resize(flat, width, height, interpolation);

            assertThat(resized.rgb())
                    .isEqualTo(SampleImages.flat(width, height, 255, 128, 3).rgb());
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_size_it_has_changes_nothing(Interpolation interpolation) {
        RgbImage image = SampleImages.noise(33, 21, 4);

        assertThat(Resampler.resize(image, 33, 21, interpolation)).isSameAs(image);
    }

    @ParameterizedTest
    @EnumSource
    void an_axis_that_keeps_its_size_keeps_its_pixels(Interpolation interpolation) {
        RgbImage column = SampleImages.noise(1, 21, 5);

        RgbImage wider = Resampler.resize(column, 4, 21, interpolation);

        for (int x = 0; x < 4; x++) {
            assertThat(wider.cut(x, 0, 1, 21).rgb()).isEqualTo(column.rgb());
        }
    }

    @Test
    void a_part_outside_the_image_is_the_callers_mistake() {
        RgbImage image = SampleImages.noise(10, 10, 6);

        assertThatThrownBy(() -> Resampler.resize(image, new Box(5, 0, 6, 10), 4, 4, Interpolation.BILINEAR))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("6x10 pixels from column 5, row 0 does not lie in an image of 10x10 pixels");
    }

    @Test
    void a_result_that_no_array_holds_is_refused() {
        RgbImage image = SampleImages.noise(10, 10, 7);

        assertThatThrownBy(() -> Resampler.resize(image, 40_000, 40_000, Interpolation.BILINEAR))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than an array holds");
        assertThatThrownBy(() -> Resampler.resize(image, 0, 5, Interpolation.BILINEAR))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
