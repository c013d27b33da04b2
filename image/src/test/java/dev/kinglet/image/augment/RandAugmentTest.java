package dev.kinglet.image.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.augment.RandAugment.Change;
import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandAugmentTest {
    private static final RgbImage IMAGE = SampleImages.noise(40, 40, 1);

    private static ImageTransform transform(String policy) {
        return RandAugment.parse(policy)
                .transform(List.of(Sampling.BILINEAR, Sampling.BICUBIC), new RgbColor(128, 128, 128));
    }

    @Test
    void timms_text_is_read() {
        RandAugment common = RandAugment.parse("rand-m9-mstd0.5");

        assertThat(common.magnitude()).isEqualTo(9);
        assertThat(common.magnitudeStd()).isEqualTo(0.5);
        assertThat(common.layers()).isEqualTo(2);
        assertThat(common.probability()).isEqualTo(0.5);
        assertThat(common.most()).isEqualTo(10);
        assertThat(common.levels()).isEqualTo(RandAugment.Levels.MIXED);
        RandAugment every = RandAugment.parse("rand-inc1-n3-p0.25-m12-mmax15-mstd101");
        assertThat(every)
                .isEqualTo(new RandAugment(12, Double.POSITIVE_INFINITY, 15, 3, 0.25, RandAugment.Levels.INCREASING));
    }

    @ParameterizedTest
    @CsvSource({
        "rand, rand-m10",
        "rand-m9-mstd0.5, rand-m9-mstd0.5",
        "rand-mstd0.5-inc1-m9-n2, rand-m9-mstd0.5-inc1",
        "rand-m12-mmax15-mstdinf-n3-p1, rand-m12-mstdinf-mmax15-n3-p1"
    })
    void the_canonical_text_means_the_same(String text, String canonical) {
        RandAugment changes = RandAugment.parse(text);

        assertThat(changes.key()).isEqualTo(canonical);
        assertThat(RandAugment.parse(canonical)).isEqualTo(changes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "augmix-m5      | 'augmix' is not a policy that is known",
                "original       | 'original' is not a policy",
                "rand-m9-w0     | 'w0' is none of m, n, p, mstd, mmax, inc",
                "rand-m9-       | '' is none of",
                "rand-9         | '9' is none of",
                "rand-m9-inc0   | 'inc0' is not 'inc1'",
                "rand-m11       | lies in [0, 10], not at 11; raise mmax",
                "rand-n0        | at least 1 change",
                "rand-n1.5      | 'n1.5' is not a whole number",
                "rand-p2        | the probability, p, lies in [0, 1]",
            })
    void what_cannot_be_done_is_refused_with_the_reason(String text, String reason) {
        assertThatThrownBy(() -> RandAugment.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + text + "' does not say how to augment: ")
                .hasMessageContaining(reason)
                .hasMessageEndingWith("an example is rand-m9-mstd0.5");
    }

    /** timm's level functions, computed by hand at magnitude 9. */
    @ParameterizedTest
    @CsvSource({
        "ROTATE, 27, 27",
        "POSTERIZE, 3, 1",
        "SOLARIZE, 230, 26",
        "SOLARIZE_ADD, 99, 99",
        "COLOR, 1.72, 1.81",
        "CONTRAST, 1.72, 1.81",
        "BRIGHTNESS, 1.72, 1.81",
        "SHARPNESS, 1.72, 1.81",
        "SHEAR_X, 0.27, 0.27",
        "SHEAR_Y, 0.27, 0.27",
        "TRANSLATE_X, 0.405, 0.405",
        "TRANSLATE_Y, 0.405, 0.405"
    })
    void a_magnitude_means_what_it_means_in_timm(Change change, double mixed, double increasing) {
        assertThat(RandAugment.parse("rand-m9").argument(change, 9, always(false)))
                .isCloseTo(mixed, within(1e-12));
        assertThat(RandAugment.parse("rand-m9-inc1").argument(change, 9, always(false)))
                .isCloseTo(increasing, within(1e-12));
    }

    @Test
    void what_can_go_either_way_does() {
        RandAugment increasing = RandAugment.parse("rand-m9-inc1");

        assertThat(increasing.argument(Change.SHEAR_X, 9, always(true))).isCloseTo(-0.27, within(1e-12));
        assertThat(increasing.argument(Change.COLOR, 9, always(true))).isCloseTo(0.19, within(1e-12));
        assertThat(increasing.argument(Change.COLOR, 10, always(true))).isEqualTo(0.1, within(1e-12));
    }

    private static RandomGenerator always(boolean answer) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new AssertionError("only a coin is needed");
            }

            @Override
            public boolean nextBoolean() {
                return answer;
            }
        };
    }

    @Test
    void magnitudes_are_normal_and_cut_off() {
        RandomGenerator random = new SplittableRandom(5);
        double[] near = DoubleStream.generate(
                        () -> RandAugment.parse("rand-m5-mstd0.5").drawnMagnitude(random))
                .limit(20_000)
                .toArray();
        double mean = DoubleStream.of(near).average().orElseThrow();
        double variance = DoubleStream.of(near)
                .map(x -> (x - mean) * (x - mean))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(5, within(0.02)); // four standard errors are 0.014
        assertThat(Math.sqrt(variance)).isCloseTo(0.5, within(0.01));

        double[] high = DoubleStream.generate(
                        () -> RandAugment.parse("rand-m9-mstd3").drawnMagnitude(random))
                .limit(2_000)
                .toArray();
        assertThat(DoubleStream.of(high).min().orElseThrow()).isNotNegative();
        assertThat(DoubleStream.of(high).filter(x -> x == 10).count() / 2_000.0)
                .isCloseTo(0.369, within(0.05)); // a normal number is above a third with probability 0.369

        double[] uniform = DoubleStream.generate(
                        () -> RandAugment.parse("rand-m8-mstdinf").drawnMagnitude(random))
                .limit(20_000)
                .toArray();
        assertThat(DoubleStream.of(uniform).average().orElseThrow()).isCloseTo(4, within(0.07));
        assertThat(DoubleStream.of(uniform).max().orElseThrow()).isBetween(7.99, 8.0);
    }

    @Test
    void a_change_is_done_as_often_as_it_should_be() throws ImageException {
        ImageTransform one = transform("rand-m9-n1");
        ImageTransform two = transform("rand-m9");
        RandomGenerator random = new SplittableRandom(3);
        int unchangedByOne = 0;
        int unchangedByTwo = 0;
        for (int i = 0; i < 4_000; i++) {
            unchangedByOne += one.apply(IMAGE, random) == IMAGE ? 1 : 0;
            unchangedByTwo += two.apply(IMAGE, random) == IMAGE ? 1 : 0;
        }
        assertThat(unchangedByOne / 4_000.0).isCloseTo(0.5, within(0.032)); // four standard errors
        assertThat(unchangedByTwo / 4_000.0).isCloseTo(0.25, within(0.028));
    }

    @Test
    void every_change_leaves_the_size_and_the_source_alone() throws ImageException {
        byte[] before = IMAGE.rgb().clone();
        ImageTransform changes =
                RandAugment.parse("rand-m9-n1-p1").transform(List.of(Sampling.BICUBIC), new RgbColor(1, 2, 3));
        Set<String> results = new HashSet<>();
        for (int seed = 0; seed < 300; seed++) {
            RgbImage result = changes.apply(IMAGE, new SplittableRandom(seed));
            assertThat(result).hasToString("40x40 pixels");
            results.add(RecordedPixels.sha256(result));
        }
        assertThat(IMAGE.rgb()).isEqualTo(before);
        // ten changes of one result each and five that go either way; noise has all values about as often already, so
        // its contrast and its histogram may be as they were
        assertThat(results).hasSizeBetween(18, 20);
    }

    @Test
    void a_generator_of_the_same_seed_gives_the_same_image() throws ImageException {
        ImageTransform changes = transform("rand-m9-mstd0.5");
        for (int seed = 0; seed < 20; seed++) {
            assertThat(changes.apply(IMAGE, new SplittableRandom(seed)).rgb())
                    .isEqualTo(changes.apply(IMAGE, new SplittableRandom(seed)).rgb());
        }
    }
}
