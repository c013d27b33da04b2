package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Orientation;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("native")
class ReducedDecodingTest {
    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

    /** 240x181 pixels. */
    private Image photo() throws IOException {
        return decoder.open(RecordedPixels.drawn().file("photo_like.jpg"));
    }

    private static double meanDifference(RgbImage a, RgbImage b) {
        assertThat(a).hasToString(b.toString());
        long sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff));
        }
        return (double) sum / a.rgb().length;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void a_jpeg_is_decoded_smaller_with_sides_rounded_up(int factor) throws IOException {
        RgbImage reduced = photo().reduced(factor);

        int width = (240 + factor - 1) / factor;
        int height = (181 + factor - 1) / factor;
        RgbImage resized = Resampler.resize(photo().image(), width, height, Interpolation.BILINEAR);
        assertThat(meanDifference(reduced, resized)).isLessThan(6); // of 255; another filter
    }

    @Test
    void what_is_no_jpeg_stays_as_large_as_it_is() throws IOException {
        for (String file : List.of("rgb.png", "lossy.webp", "rgb.bmp", "still.gif")) {
            Image image = decoder.open(RecordedPixels.drawn().file(file));
            assertThat(image.reduced(8).rgb()).isEqualTo(image.image().rgb());
        }
    }

    @Test
    void sides_are_divided_by_what_a_jpeg_can_be() {
        assertThatThrownBy(() -> photo().reduced(3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sides are divided by 1, 2, 4 or 8, not by 3");
    }

    @Test
    void a_photo_is_turned_after_it_was_decoded_smaller() throws IOException {
        ImageDecoder following = new ImageDecoder(ImageLimits.defaults(), Orientation.FOLLOWED);
        Image turned = following.open(RecordedPixels.drawn().file("exif_orientation_6.jpg"));

        assertThat(turned.width() + "x" + turned.height()).isEqualTo("49x67");
        assertThat(turned.image()).hasToString("49x67 pixels");
        assertThat(turned.reduced(2)).hasToString("25x34 pixels");
        RgbImage resized = Resampler.resize(turned.image(), 25, 34, Interpolation.BILINEAR);
        assertThat(meanDifference(turned.reduced(2), resized)).isLessThan(12);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 45, 90})
    void the_part_and_the_chance_are_those_of_full_decoding(int pixels) throws IOException {
        ImageTransform.RandomResizedCrop crop =
                new ImageTransform.RandomResizedCrop(pixels, 0.3, Interpolation.BILINEAR);
        double sum = 0;
        for (int seed = 0; seed < 40; seed++) {
            SplittableRandom one = new SplittableRandom(seed);
            SplittableRandom other = new SplittableRandom(seed);

            RgbImage full = crop.apply(photo(), one);
            RgbImage reduced = new ReducedDecoding(crop).apply(photo(), other);

            sum += meanDifference(reduced, full);
            assertThat(one.nextLong()).isEqualTo(other.nextLong());
        }
        assertThat(sum / 40).isLessThan(8); // of 255; parts of other seeds differ by 30 to 40
    }

    @Test
    void a_part_that_is_needed_in_full_gives_the_very_same_pixels() throws IOException {
        ImageTransform.RandomResizedCrop crop = new ImageTransform.RandomResizedCrop(100, 0.08, Interpolation.BICUBIC);
        for (int seed = 0; seed < 10; seed++) { // no part has sides of 200 pixels
            assertThat(new ReducedDecoding(crop)
                            .apply(photo(), new SplittableRandom(seed))
                            .rgb())
                    .isEqualTo(crop.apply(photo(), new SplittableRandom(seed)).rgb());
        }
    }

    @Test
    void a_choice_of_crops_decodes_smaller_too() throws IOException {
        ReducedDecoding reduced =
                new ReducedDecoding(new ImageTransform.RandomResizedCrop(20, 0.9, Interpolation.BILINEAR));
        Pipeline pipeline = new Pipeline(List.of(new ImageTransform.OneOf(List.of(reduced))));

        assertThat(pipeline.apply(photo(), new SplittableRandom(1)).rgb())
                .isNotEqualTo(
                        pipeline.apply(photo().image(), new SplittableRandom(1)).rgb());
    }

    @Test
    void a_damaged_image_is_named_when_it_is_decoded() throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes("photo_like.jpg");
        byte[] half = Arrays.copyOf(whole, whole.length / 2);
        Image image = decoder.open(half, "shard.tar/half.jpg");

        assertThatThrownBy(() -> image.reduced(2))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("shard.tar/half.jpg: truncated or damaged JPEG");
    }
}
