package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.ImageTransform.CenterCrop;
import dev.kinglet.image.ImageTransform.HorizontalFlip;
import dev.kinglet.image.ImageTransform.PaddedRandomCrop;
import dev.kinglet.image.ImageTransform.RandomResizedCrop;
import dev.kinglet.image.ImageTransform.Resize;
import dev.kinglet.image.ImageTransform.ResizeAndCrop;
import dev.kinglet.image.ImageTransform.ResizeShorter;
import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing.ResizeMode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTransformTest {
    private static final Interpolation BILINEAR = Interpolation.BILINEAR;

    @ParameterizedTest
    @CsvSource({
        "300, 217, 256, 353, 256", // 353.9 is truncated
        "217, 300, 256, 256, 353",
        "300, 300, 256, 256, 256",
        "900, 7, 64, 8228, 64",
        "65535, 1, 2, 131070, 2"
    })
    void the_longer_side_is_truncated_to_whole_pixels(int width, int height, int shorter, int newWidth, int newHeight)
            throws IOException {
        RgbImage resized = new ResizeShorter(shorter, BILINEAR)
                .apply(SampleImages.flat(width, height, 1, 2, 3), RecordedPixels.NO_RANDOMNESS);

        assertThat(resized).hasToString(newWidth + "x" + newHeight + " pixels");
    }

    @Test
    void a_panorama_that_would_not_fit_memory_is_an_unusable_image() {
        assertThatThrownBy(() -> new ResizeShorter(256, BILINEAR)
                        .apply(SampleImages.flat(65_535, 1, 0, 0, 0), RecordedPixels.NO_RANDOMNESS))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("65535x1 pixels would become 16776960x256");
    }

    /** Python: {@code round(0.5) == 0, round(1.5) == 2, round(2.5) == 2}. */
    @ParameterizedTest
    @CsvSource({"225, 224, 0", "227, 224, 2", "229, 224, 2", "226, 224, 1", "353, 224, 64", "224, 224, 0"})
    void a_crop_starts_where_python_rounds_to(int side, int crop, int start) {
        assertThat(CenterCrop.start(side, crop)).isEqualTo(start);
    }

    @Test
    void a_crop_pads_the_odd_pixel_right_and_below() {
        RgbImage cropped = new CenterCrop(6).apply(SampleImages.coordinates(3, 9), RecordedPixels.NO_RANDOMNESS);

        assertThat(row(cropped, 0)).containsExactly(0, 1, 2, 3, 0, 0);
        assertThat(SampleImages.green(cropped, 1, 0)).isEqualTo(3); // round(1.5) = 2 rows are above
    }

    @Test
    void resizing_and_cropping_in_one_gives_the_same_bytes() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < 300; i++) {
            RgbImage image = SampleImages.noise(1 + random.nextInt(80), 1 + random.nextInt(80), i);
            int resize = 1 + random.nextInt(60);
            int crop = 1 + random.nextInt(resize);
            Interpolation interpolation = random.nextBoolean() ? BILINEAR : Interpolation.BICUBIC;

            for (ResizeMode mode : ResizeMode.values()) {
                RgbImage resized = resize(mode, resize, interpolation).apply(image, RecordedPixels.NO_RANDOMNESS);
                RgbImage expected = new CenterCrop(crop).apply(resized, RecordedPixels.NO_RANDOMNESS);
                RgbImage actual =
                        new ResizeAndCrop(mode, resize, crop, interpolation).apply(image, RecordedPixels.NO_RANDOMNESS);

                assertThat(actual.rgb())
                        .as("%s, resize %s %d, crop %d, %s", image, mode, resize, crop, interpolation)
                        .isEqualTo(expected.rgb());
            }
        }
    }

    private static ImageTransform resize(ResizeMode mode, int pixels, Interpolation interpolation) {
        return switch (mode) {
            case SHORTER -> new ResizeShorter(pixels, interpolation);
            case EXACT -> new Resize(pixels, pixels, interpolation);
        };
    }

    @Test
    void resizing_and_cropping_in_one_computes_only_the_crop_of_a_panorama() {
        RgbImage cropped = new ResizeAndCrop(ResizeMode.SHORTER, 256, 224, BILINEAR)
                .apply(SampleImages.flat(65_535, 1, 9, 8, 7), RecordedPixels.NO_RANDOMNESS);

        assertThat(cropped.rgb()).isEqualTo(SampleImages.flat(224, 224, 9, 8, 7).rgb());
    }

    @Test
    void a_random_part_has_the_share_and_the_proportion_asked_for() {
        RandomResizedCrop crop = new RandomResizedCrop(64, 0.08, BILINEAR);
        Random random = new Random(12);
        int parts = 20_000;
        double fractions = 0;
        double logRatios = 0;
        double lefts = 0;
        for (int i = 0; i < parts; i++) {
            Box part = crop.part(600, 500, random);
            double fraction = (double) part.width() * part.height() / (600 * 500);
            double ratio = (double) part.width() / part.height();
            assertThat(new Box(0, 0, 600, 500).contains(part)).isTrue();
            assertThat(fraction).isBetween(0.079, 1.0);
            assertThat(ratio).isBetween(0.745, 1.345); // sides are whole pixels
            fractions += fraction / parts;
            logRatios += Math.log(ratio) / parts;
            lefts += (part.left() + part.width() / 2.0) / 600 / parts;
        }
        // 0.54 and 0, had not many large parts to be drawn again; a simulation of 400,000 gives these
        assertThat(fractions).isCloseTo(0.462, within(0.007));
        assertThat(logRatios).isCloseTo(0.025, within(0.005));
        assertThat(lefts).isCloseTo(0.5, within(0.005));
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 2, 498, 0, 3, 2", // 2 rows times 4/3, rounded
        "2, 1000, 0, 498, 2, 3",
        "65535, 1, 32767, 0, 1, 1"
    })
    void where_no_part_fits_the_largest_central_one_is_taken(
            int width, int height, int left, int top, int partWidth, int partHeight) {
        RandomResizedCrop whole = new RandomResizedCrop(8, 1, 1, 3.0 / 4, 4.0 / 3, BILINEAR);

        assertThat(whole.part(width, height, new Random(13))).isEqualTo(new Box(left, top, partWidth, partHeight));
    }

    @Test
    void a_padded_crop_reaches_every_place_and_shows_black_beyond_the_image() throws IOException {
        RgbImage image = SampleImages.coordinates(8, 8);
        PaddedRandomCrop crop = new PaddedRandomCrop(8, 2);
        Random random = new Random(14);
        Set<String> places = new HashSet<>();
        for (int i = 0; i < 600; i++) {
            RgbImage cropped = crop.apply(image, random);
            int centerX = SampleImages.red(cropped, 4, 4) - 1;
            int centerY = SampleImages.green(cropped, 4, 4) - 1;
            places.add(centerX + "," + centerY);
            for (int x = 0; x < 8; x++) {
                int expected = x + centerX - 4;
                assertThat(SampleImages.red(cropped, x, 4)).isEqualTo(expected < 0 || expected > 7 ? 0 : expected + 1);
            }
        }
        assertThat(places).hasSize(25); // 5 by 5 offsets of -2 to 2
    }

    @Test
    void a_padded_crop_may_show_the_image_reflected_beyond_it() throws IOException {
        RgbImage image = SampleImages.coordinates(8, 8);
        PaddedRandomCrop crop = new PaddedRandomCrop(8, 2, PaddedRandomCrop.Border.REFLECT);
        Random random = new Random(14);
        Set<Integer> lefts = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            RgbImage cropped = crop.apply(image, random);
            int left = SampleImages.red(cropped, 4, 4) - 5;
            lefts.add(left);
            for (int x = 0; x < 8; x++) {
                int column = List.of(2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 6, 5).get(x + left + 2); // as numpy's 'reflect'
                assertThat(SampleImages.red(cropped, x, 4)).isEqualTo(column + 1);
            }
        }
        assertThat(lefts).containsExactlyInAnyOrder(-2, -1, 0, 1, 2);
        assertThatThrownBy(() -> new PaddedRandomCrop(4, 2, PaddedRandomCrop.Border.REFLECT)
                        .apply(SampleImages.flat(2, 4, 0, 0, 0), random))
                .isInstanceOf(ImageException.class)
                .hasMessage(
                        "a border of 2 pixels is no reflection of an image of 2x4 pixels, which has no more to reflect");
    }

    @Test
    void a_padded_crop_that_does_not_fit_is_an_unusable_image() {
        assertThatThrownBy(() -> new PaddedRandomCrop(32, 4).apply(SampleImages.flat(23, 40, 0, 0, 0), new Random(1)))
                .isInstanceOf(ImageException.class)
                .hasMessage("a crop of 32x32 pixels does not fit an image of 23x40 pixels with a border of 4");
    }

    @Test
    void a_flip_exchanges_left_and_right_in_its_share_of_the_cases() {
        RgbImage image = SampleImages.coordinates(5, 2);
        HorizontalFlip flip = new HorizontalFlip(0.3);
        Random random = new Random(15);
        int flipped = 0;
        for (int i = 0; i < 10_000; i++) {
            RgbImage result = flip.apply(image, random);
            flipped += result == image ? 0 : 1;
        }

        assertThat(flipped).isBetween(2850, 3150); // 3000, give or take three standard deviations
        assertThat(row(new HorizontalFlip(1).apply(image, random), 1)).containsExactly(5, 4, 3, 2, 1);
        assertThat(new HorizontalFlip(0).apply(image, random)).isSameAs(image);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7})
    void a_flip_leaves_no_pixel_out_however_narrow_the_image(int width) throws IOException {
        RgbImage image = SampleImages.noise(width, 3, width);

        RgbImage flipped = new HorizontalFlip(1).apply(image, new Random(16));

        for (int x = 0; x < width; x++) {
            assertThat(flipped.cut(x, 0, 1, 3).rgb())
                    .isEqualTo(image.cut(width - 1 - x, 0, 1, 3).rgb());
        }
    }

    @Test
    void impossible_parameters_are_refused() {
        assertThatThrownBy(() -> new CenterCrop(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Resize(3, -1, BILINEAR)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ResizeShorter(0, BILINEAR)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PaddedRandomCrop(8, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HorizontalFlip(1.1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HorizontalFlip(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ResizeAndCrop(ResizeMode.SHORTER, 223, 224, BILINEAR))
                .hasMessage("a crop of 224 pixels does not fit a side of 223");
        assertThatThrownBy(() -> new RandomResizedCrop(8, 0, BILINEAR))
                .hasMessage("the fraction of the area is a range in (0, 1], not 0.0 to 1.0");
        assertThatThrownBy(() -> new RandomResizedCrop(8, 0.5, 1, 2, 1, BILINEAR))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static int[] row(RgbImage image, int y) {
        int[] reds = new int[image.width()];
        for (int x = 0; x < reds.length; x++) {
            reds[x] = SampleImages.red(image, x, y);
        }
        return reds;
    }
}
