package dev.kinglet.image.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.image.Box;
import dev.kinglet.image.samples.SampleImages;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchMixingTest {
    private static final int SIDE = 16;

    private static Batch batch(int size) {
        byte[] rgb = SampleImages.noise(SIDE, SIDE * size, 1).rgb();
        int[] labels = new int[size];
        Arrays.setAll(labels, i -> i);
        return new Batch(ByteBuffer.allocateDirect(rgb.length).put(rgb).clear(), SIDE, labels, labels.clone());
    }

    private static int pixel(Batch batch, int image, int at) {
        return batch.pixels().get(image * 3 * SIDE * SIDE + at) & 0xff;
    }

    @Test
    void mixup_blends_each_image_with_that_from_the_other_end() {
        Batch before = batch(5);
        Batch mixed = new BatchMixing(1, 0).apply(batch(5), new SplittableRandom(3));

        float fraction = (float) mixed.labelFraction();
        assertThat(fraction).isBetween(0.05f, 0.95f);
        assertThat(mixed.labels()).containsExactly(0, 1, 2, 3, 4);
        assertThat(mixed.mixedInLabels()).containsExactly(4, 3, 2, 1, 0);
        for (int image = 0; image < 5; image++) {
            for (int at = 0; at < 3 * SIDE * SIDE; at++) {
                float exact = pixel(before, image, at) * fraction + pixel(before, 4 - image, at) * (1 - fraction);
                int expected = image == 2 ? pixel(before, 2, at) : (int) Math.rint(exact);
                assertThat(pixel(mixed, image, at)).isEqualTo(expected);
            }
        }
    }

    @Test
    void cutmix_exchanges_a_rectangle_and_counts_its_pixels() {
        Batch before = batch(4);
        Batch mixed = new BatchMixing(0, 1).apply(batch(4), new SplittableRandom(5));

        int exchanged = 0;
        for (int at = 0; at < 3 * SIDE * SIDE; at++) {
            boolean own = pixel(mixed, 0, at) == pixel(before, 0, at);
            assertThat(pixel(mixed, 0, at)).isEqualTo(pixel(before, own ? 0 : 3, at));
            assertThat(pixel(mixed, 3, at) == pixel(before, 3, at))
                    .isEqualTo(own || pixel(before, 0, at) == pixel(before, 3, at));
            exchanged += pixel(before, 0, at) != pixel(before, 3, at) && !own ? 1 : 0;
        }
        assertThat(1 - exchanged / (3.0 * SIDE * SIDE))
                .isCloseTo(mixed.labelFraction(), within(0.01)); // equal bytes are not seen
        assertThat(mixed.labelFraction()).isBetween(0.05, 0.95);
    }

    @Test
    void a_hole_is_of_the_images_proportion_and_stays_inside() {
        RandomGenerator random = new SplittableRandom(7);
        for (int i = 0; i < 2_000; i++) {
            Optional<Box> hole = BatchMixing.hole(0.75, 100, random);
            assertThat(hole).hasValueSatisfying(box -> {
                assertThat(new Box(0, 0, 100, 100).contains(box)).isTrue();
                assertThat(box.width()).isBetween(25, 50); // half of it at the border
                assertThat(box.height()).isBetween(25, 50);
            });
        }
        assertThat(BatchMixing.hole(1, 100, random)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.2, 0.8, 1, 3})
    void shares_have_the_mean_and_variance_of_beta(double alpha) {
        RandomGenerator random = new SplittableRandom(11);
        int times = 20_000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < times; i++) {
            double fraction = BatchMixing.beta(alpha, random);
            assertThat(fraction).isBetween(0.0, 1.0);
            sum += fraction;
            squares += (fraction - 0.5) * (fraction - 0.5);
        }
        assertThat(sum / times).isCloseTo(0.5, within(0.013));
        assertThat(squares / times).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.004));
    }

    @Test
    void an_alpha_near_0_is_a_coin() {
        RandomGenerator random = new SplittableRandom(13);
        for (int i = 0; i < 200; i++) {
            double fraction = BatchMixing.beta(1e-4, random);
            assertThat(Math.min(fraction, 1 - fraction)).isLessThan(1e-6);
        }
    }

    @Test
    void both_are_taken_in_turn_by_chance() {
        // MixUp changes nearly every byte of an image, CutMix those of a rectangle only
        int blended = 0;
        Batch before = batch(2);
        for (int number = 0; number < 400; number++) {
            Batch mixed = new BatchMixing(20, 20).apply(batch(2), 3, 1, number);
            int same = 0;
            for (int at = 0; at < 3 * SIDE * SIDE; at++) {
                same += pixel(mixed, 0, at) == pixel(before, 0, at) ? 1 : 0;
            }
            blended += same < 0.2 * 3 * SIDE * SIDE ? 1 : 0;
        }
        assertThat(blended).isBetween(160, 240);
    }

    @Test
    void chance_depends_on_seed_epoch_and_number_only() {
        BatchMixing mixing = new BatchMixing(0.8, 0);
        double fraction = mixing.apply(batch(2), 1, 2, 3).labelFraction();

        assertThat(mixing.apply(batch(4), 1, 2, 3).labelFraction()).isEqualTo(fraction);
        assertThat(mixing.apply(batch(2), 2, 2, 3).labelFraction()).isNotEqualTo(fraction);
        assertThat(mixing.apply(batch(2), 1, 3, 3).labelFraction()).isNotEqualTo(fraction);
        assertThat(mixing.apply(batch(2), 1, 2, 4).labelFraction()).isNotEqualTo(fraction);
    }

    @Test
    void nothing_to_mix_leaves_the_batch_as_it_is() {
        Batch batch = batch(3);

        assertThat(BatchMixing.NONE.apply(batch, 1, 1, 1)).isSameAs(batch);
        assertThat(batch.labelFraction()).isEqualTo(1);
        assertThat(batch.dominant()).isSameAs(batch.labels());
        assertThat(batch.mixed(new int[] {2, 1, 0}, 0.4).dominant()).containsExactly(2, 1, 0);
        assertThatThrownBy(() -> batch.mixed(new int[2], 0.5)).hasMessageContaining("there are 2");
        assertThatThrownBy(() -> new BatchMixing(-1, 0)).hasMessageStartingWith("mixup is the alpha");
    }
}
