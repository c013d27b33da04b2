package dev.kinglet.image.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Box;
import dev.kinglet.image.ImageTransform.OneOf;
import dev.kinglet.image.ImageTransform.Resize;
import dev.kinglet.image.ImageTransform.VerticalFlip;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.augment.Augmentation.Fill;
import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Distributions of random rotation, color, light, erasing and choices: fixed seeds, bounds of four standard errors. */
class RandomChangesTest {
    private static final Preprocessing IMAGENET = Preprocessing.imagenet();

    @Test
    void angles_are_uniform_both_ways() {
        // one white row through the center: how far its right end has moved shows the angle
        int side = 201;
        byte[] rgb = new byte[3 * side * side];
        Arrays.fill(rgb, 3 * side * 100, 3 * side * 101, (byte) 255);
        RgbImage line = new RgbImage(side, side, rgb);
        RandomRotation rotation = new RandomRotation(10, Sampling.NEAREST, RgbColor.BLACK);
        RandomGenerator random = new SplittableRandom(1);
        int ups = 0;
        double squares = 0;
        double largest = 0;
        int times = 400;
        for (int i = 0; i < times; i++) {
            RgbImage turned = rotation.apply(line, random);
            int at = 0;
            while (SampleImages.red(turned, 190, at) == 0) {
                at++;
            }
            double degrees = Math.toDegrees(Math.atan2(100 - at, 90));
            ups += degrees > 0 ? 1 : 0;
            squares += degrees * degrees / times;
            largest = Math.max(largest, Math.abs(degrees));
        }
        assertThat(ups / (double) times).isCloseTo(0.5, within(0.11));
        assertThat(Math.sqrt(squares)).isCloseTo(10 / Math.sqrt(3), within(0.6));
        assertThat(largest).isBetween(9.0, 10.7); // a row is 0.6 degrees
    }

    @Test
    void no_rotation_gives_the_same_object() {
        RgbImage image = SampleImages.noise(5, 4, 1);
        assertThat(new RandomRotation(0, Sampling.BILINEAR, RgbColor.BLACK).apply(image, new SplittableRandom(1)))
                .isSameAs(image);
        assertThat(ColorJitter.NONE.apply(image, RecordedPixels.NO_RANDOMNESS)).isSameAs(image);
        assertThat(new Lighting(0).apply(image, RecordedPixels.NO_RANDOMNESS)).isSameAs(image);
        assertThatThrownBy(() -> new RandomRotation(181, Sampling.BILINEAR, RgbColor.BLACK))
                .hasMessageContaining("[0, 180]");
    }

    @Test
    void top_and_bottom_are_exchanged_as_often_as_asked() {
        RgbImage image = SampleImages.coordinates(3, 5);
        RgbImage turned = new VerticalFlip(1).apply(image, new SplittableRandom(1));
        for (int y = 0; y < 5; y++) {
            assertThat(SampleImages.green(turned, 1, y)).isEqualTo(5 - y);
            assertThat(SampleImages.red(turned, 1, y)).isEqualTo(2);
        }
        RandomGenerator random = new SplittableRandom(2);
        int flipped = 0;
        for (int i = 0; i < 2_000; i++) {
            flipped += new VerticalFlip(0.3).apply(image, random) == image ? 0 : 1;
        }
        assertThat(flipped / 2_000.0).isCloseTo(0.3, within(0.041));
    }

    @Test
    void factors_of_the_jitter_are_uniform() {
        RandomGenerator random = new SplittableRandom(7);
        double sum = 0;
        double least = 9;
        double most = 0;
        for (int i = 0; i < 10_000; i++) {
            double factor = ColorJitter.factor(0.4, random);
            sum += factor;
            least = Math.min(least, factor);
            most = Math.max(most, factor);
            assertThat(ColorJitter.factor(2, random)).isBetween(0.0, 3.0); // and not from -1
        }
        assertThat(sum / 10_000).isCloseTo(1, within(0.01));
        assertThat(least).isBetween(0.6, 0.601);
        assertThat(most).isBetween(1.399, 1.4);
    }

    @Test
    void brightness_alone_changes_nothing_else() {
        RgbImage gray = SampleImages.flat(2, 2, 100, 100, 100);
        ColorJitter jitter = new ColorJitter(0.4, 0, 0, 0);
        RandomGenerator random = new SplittableRandom(3);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            RgbImage changed = jitter.apply(gray, random);
            assertThat(SampleImages.red(changed, 0, 0)).isEqualTo(SampleImages.green(changed, 1, 1));
            seen.add(SampleImages.red(changed, 0, 0));
        }
        assertThat(seen).hasSize(80).contains(60, 139); // every value from 60 to below 140
    }

    @Test
    void the_order_of_the_jitters_changes_varies() {
        // brightness by 1.9 cuts off, so contrast before and after it give different bytes
        RgbImage image = SampleImages.noise(8, 8, 4);
        double factor = 1.9;
        RgbImage brighterFirst = ChannelTables.brightness(factor).apply(image);
        brighterFirst = ChannelTables.contrast(brighterFirst, factor).apply(brighterFirst);
        RgbImage contrastFirst = ChannelTables.contrast(image, factor).apply(image);
        contrastFirst = ChannelTables.brightness(factor).apply(contrastFirst);
        assertThat(brighterFirst.rgb()).isNotEqualTo(contrastFirst.rgb());
        int first = 0;
        int second = 0;
        for (int seed = 0; seed < 400; seed++) {
            RandomGenerator random = new SplittableRandom(seed);
            RandomGenerator highest = new RandomGenerator() { // of the order only
                        @Override
                        public long nextLong() {
                            return random.nextLong();
                        }

                        @Override
                        public double nextDouble() {
                            return 1; // just beyond what it may be, for a factor of exactly 1.9
                        }
                    };
            byte[] result =
                    new ColorJitter(0.9, 0.9, 0, 0).apply(image, highest).rgb();
            first += Arrays.equals(result, brighterFirst.rgb()) ? 1 : 0;
            second += Arrays.equals(result, contrastFirst.rgb()) ? 1 : 0;
        }
        assertThat(first + second).isEqualTo(400);
        assertThat(first).isBetween(160, 240);
    }

    @Test
    void light_changes_along_the_principal_components() {
        RandomGenerator random = new SplittableRandom(11);
        double[] squares = new double[3];
        double products = 0;
        int times = 20_000;
        for (int i = 0; i < times; i++) {
            double[] add = new Lighting(0.1).shift(random);
            for (int channel = 0; channel < 3; channel++) {
                squares[channel] += add[channel] * add[channel] / times;
            }
            products += add[0] * add[1] / times;
        }
        // variances: 0.01 times the sum over components of (vector times value) squared
        assertThat(squares[0]).isCloseTo(10.027, within(0.41));
        assertThat(squares[1]).isCloseTo(10.384, within(0.42));
        assertThat(squares[2]).isCloseTo(10.589, within(0.43));
        assertThat(products).isCloseTo(10.133, within(0.42)); // nearly all of it is common to the channels
    }

    @Test
    void light_is_added_to_every_pixel_and_cut_off() {
        RgbImage image = new RgbImage(1, 2, new byte[] {0, 0, 0, (byte) 255, (byte) 255, (byte) 255});
        double[] add = new Lighting(3).shift(new SplittableRandom(2));
        byte[] changed = new Lighting(3).apply(image, new SplittableRandom(2)).rgb();
        for (int channel = 0; channel < 3; channel++) {
            assertThat(changed[channel] & 0xff).isEqualTo((int) Math.max(0, Math.rint(add[channel])));
            assertThat(changed[3 + channel] & 0xff).isEqualTo((int) Math.min(255, Math.rint(255 + add[channel])));
        }
    }

    @Test
    void the_erased_part_is_of_timms_sizes() {
        RandomGenerator random = new SplittableRandom(13);
        double areas = 0;
        int tall = 0;
        int times = 5_000;
        for (int i = 0; i < times; i++) {
            Box part = RandomErasing.part(200, 100, random).orElseThrow();
            double area = part.width() * part.height() / 20_000.0;
            assertThat(area).isBetween(0.018, 0.346);
            assertThat((double) part.height() / part.width()).isBetween(0.28, 3.6);
            assertThat(new Box(0, 0, 200, 100).contains(part)).isTrue();
            areas += area / times;
            tall += part.height() > part.width() ? 1 : 0;
        }
        assertThat(areas).isBetween(0.15, 0.18); // of all tries 0.177, but tall large ones do not fit a wide image
        assertThat(tall / (double) times).isBetween(0.3, 0.5);
        assertThat(RandomErasing.part(1, 1, random)).isEqualTo(Optional.empty());
    }

    @Test
    void a_part_is_erased_as_often_as_asked() {
        RandomErasing erasing = new RandomErasing(0.25, Fill.CONST, IMAGENET);
        RgbImage image = SampleImages.flat(50, 50, 0, 0, 0);
        RandomGenerator random = new SplittableRandom(17);
        int erased = 0;
        for (int i = 0; i < 4_000; i++) {
            erased += erasing.apply(image, random) == image ? 0 : 1;
        }
        assertThat(erased / 4_000.0).isCloseTo(0.25, within(0.028));
    }

    @Test
    void const_erases_with_the_mean_color_and_nothing_else_changes() {
        RgbImage image = SampleImages.flat(40, 30, 1, 2, 3);
        RgbImage erased = new RandomErasing(1, Fill.CONST, IMAGENET).apply(image, new SplittableRandom(1));
        int changed = 0;
        for (int i = 0; i < erased.rgb().length; i += 3) {
            int red = erased.rgb()[i] & 0xff;
            changed += red == 1 ? 0 : 1;
            assertThat(List.of(red, erased.rgb()[i + 1] & 0xff, erased.rgb()[i + 2] & 0xff))
                    .isIn(List.of(1, 2, 3), List.of(124, 116, 104));
        }
        assertThat(changed).isBetween(20, 420);
        assertThat(RgbColor.meanOf(IMAGENET)).isEqualTo(new RgbColor(124, 116, 104));
    }

    @Test
    void pixel_erases_with_noise_of_the_datas_mean_and_deviation() {
        RandomErasing erasing = new RandomErasing(1, Fill.PIXEL, List.of(0.5, 0.5, 0.4), List.of(0.1, 0.05, 0.1));
        double[] sum = new double[3];
        double[] squares = new double[3];
        int pixels = 0;
        for (int seed = 0; seed < 30; seed++) {
            byte[] rgb = erasing.apply(SampleImages.flat(64, 64, 0, 0, 0), new SplittableRandom(seed))
                    .rgb();
            for (int i = 0; i < rgb.length; i += 3) {
                if ((rgb[i] | rgb[i + 1] | rgb[i + 2]) != 0) {
                    pixels++;
                    for (int channel = 0; channel < 3; channel++) {
                        int value = rgb[i + channel] & 0xff;
                        sum[channel] += value;
                        squares[channel] += value * value;
                    }
                }
            }
        }
        double[] means = {127.5, 127.5, 102};
        double[] deviations = {25.5, 12.75, 25.5};
        for (int channel = 0; channel < 3; channel++) {
            double mean = sum[channel] / pixels;
            assertThat(mean).isCloseTo(means[channel], within(1.0));
            assertThat(Math.sqrt(squares[channel] / pixels - mean * mean)).isCloseTo(deviations[channel], within(0.7));
        }
    }

    @Test
    void each_choice_is_taken_as_often_as_the_others() throws Exception {
        Resize bilinear = new Resize(4, 4, Interpolation.BILINEAR);
        Resize bicubic = new Resize(4, 4, Interpolation.BICUBIC);
        OneOf either = new OneOf(List.of(bilinear, bicubic));
        RgbImage image = SampleImages.noise(9, 9, 1);
        byte[] first = bilinear.apply(image, RecordedPixels.NO_RANDOMNESS).rgb();
        RandomGenerator random = new SplittableRandom(19);
        int smooth = 0;
        for (int i = 0; i < 1_000; i++) {
            smooth += Arrays.equals(either.apply(image, random).rgb(), first) ? 1 : 0;
        }
        assertThat(smooth).isBetween(436, 564);
        assertThat(new Pipeline(List.of(either)).side()).isEqualTo(4);
        assertThatThrownBy(() ->
                        new Pipeline(List.of(new OneOf(List.of(bilinear, new Resize(5, 5, Interpolation.BICUBIC))))))
                .hasMessageContaining("ends in a square");
    }
}
