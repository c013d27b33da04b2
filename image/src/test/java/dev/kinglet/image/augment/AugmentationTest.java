package dev.kinglet.image.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.ImageTransform.PaddedRandomCrop.Border;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.augment.Augmentation.Crop;
import dev.kinglet.image.augment.Augmentation.Cropping;
import dev.kinglet.image.augment.Augmentation.Decoding;
import dev.kinglet.image.augment.Augmentation.Erasing;
import dev.kinglet.image.augment.Augmentation.Fill;
import dev.kinglet.image.augment.Augmentation.Resizing;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final Preprocessing SMALL = Preprocessing.imagenet().withInputSize(24);
    private static final Cropping PART = Cropping.randomResized(0.08);
    private static final Optional<RandAugment> POLICY = Optional.of(RandAugment.parse("rand-m9-mstd0.5"));

    private static List<ImageTransform> transforms(Augmentation augmentation) {
        return augmentation.pipeline(SMALL).transforms();
    }

    private static List<String> steps(Augmentation augmentation) {
        return transforms(augmentation).stream()
                .map(transform -> transform.getClass().getSimpleName())
                .toList();
    }

    private static Augmentation with(Resizing resizing, Optional<RandAugment> policy, Erasing erasing) {
        return new Augmentation(
                PART,
                resizing,
                0.5,
                Augmentation.FlipMode.RANDOM,
                0,
                0,
                policy,
                ColorJitter.NONE,
                0,
                erasing,
                BatchMixing.NONE,
                1);
    }

    @Test
    void what_is_not_asked_for_is_not_done() {
        assertThat(steps(new Augmentation(PART, 0.5))).containsExactly("RandomResizedCrop", "HorizontalFlip");
        assertThat(steps(new Augmentation(Cropping.padded(4), 0.5)))
                .containsExactly("ResizeAndCrop", "PaddedRandomCrop", "HorizontalFlip");
    }

    @Test
    void flips_that_alternate_are_left_to_the_loader_and_are_of_half_of_the_images_or_none() throws Exception {
        assertThat(alternating(0.5).flipsAlternate()).isTrue();
        assertThat(steps(alternating(0.5))).containsExactly("RandomResizedCrop");
        assertThat(alternating(0).flipsAlternate()).isFalse();
        assertThatThrownBy(() -> alternating(0.3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "flip_mode alternating flips half of the images in each epoch: hflip is 0.5 with it, or 0 for no"
                                + " flips, not 0.3");
    }

    private static Augmentation alternating(double flip) {
        return new Augmentation(
                PART,
                Resizing.SAME,
                flip,
                Augmentation.FlipMode.ALTERNATING,
                0,
                0,
                Optional.empty(),
                ColorJitter.NONE,
                0,
                Erasing.NONE,
                BatchMixing.NONE,
                1);
    }

    @Test
    void everything_is_done_in_its_order() throws Exception {
        Augmentation all = new Augmentation(
                PART,
                Resizing.RANDOM,
                0.5,
                Augmentation.FlipMode.RANDOM,
                0.5,
                10,
                POLICY,
                new ColorJitter(0.4, 0.4, 0.4, 0.1),
                0.1,
                new Erasing(0.5, Fill.PIXEL),
                BatchMixing.NONE,
                1);

        assertThat(steps(all))
                .containsExactly(
                        "OneOf",
                        "HorizontalFlip",
                        "VerticalFlip",
                        "RandomRotation",
                        "RandAugmentTransform",
                        "ColorJitter",
                        "Lighting",
                        "RandomErasing");
        byte[] rgb = new byte[3 * 50 * 40];
        new Random(1).nextBytes(rgb);
        for (int seed = 0; seed < 50; seed++) {
            assertThat(all.pipeline(SMALL).apply(new RgbImage(50, 40, rgb), new SplittableRandom(seed)))
                    .hasToString("24x24 pixels");
        }
    }

    @Test
    void images_are_decoded_smaller_only_for_the_crop_that_can() {
        ImageTransform.RandomResizedCrop crop = new ImageTransform.RandomResizedCrop(24, 0.08, Interpolation.BILINEAR);
        Cropping reduced = new Cropping(Crop.RANDOM_RESIZED, 0.08, 1, 4, Border.CONSTANT, Decoding.REDUCED);

        assertThat(transforms(new Augmentation(reduced, 0.5))).contains(crop.withReducedDecoding());
        assertThat(transforms(new Augmentation(PART, 0.5))).contains(crop);
        assertThatThrownBy(() -> new Cropping(Crop.PADDED, 0.08, 1, 4, Border.CONSTANT, Decoding.REDUCED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("decode reduced needs crop random-resized")
                .hasMessageEndingWith("the crop is padded");
    }

    @Test
    void an_exact_resize_is_that_of_training_images_too_where_they_are_not_cut_out_of_the_original() {
        Preprocessing exact = SMALL.withResize(Preprocessing.ResizeMode.EXACT);
        Cropping none = new Cropping(Crop.NONE, 0.08, 1, 4, Border.CONSTANT, Decoding.FULL);

        assertThat(new Augmentation(none, 0).pipeline(exact).transforms())
                .contains(ImageTransform.ResizeAndCrop.of(exact));
        assertThat(new Augmentation(Cropping.padded(4), 0).pipeline(exact).transforms())
                .contains(ImageTransform.ResizeAndCrop.of(exact.withCropPct(1)));
        assertThat(new Augmentation(PART, 0).pipeline(exact)).isEqualTo(new Augmentation(PART, 0).pipeline(SMALL));
    }

    @Test
    void changes_are_filled_with_the_mean_and_read_as_training_images_are_resized() {
        RandAugment policy = POLICY.get();
        RgbColor mean = new RgbColor(124, 116, 104);

        assertThat(transforms(with(Resizing.SAME, POLICY, Erasing.NONE)))
                .contains(policy.transform(List.of(Sampling.BILINEAR), mean));
        assertThat(transforms(with(Resizing.RANDOM, POLICY, Erasing.NONE)))
                .contains(policy.transform(List.of(Sampling.BILINEAR, Sampling.BICUBIC), mean));
        assertThat(transforms(with(Resizing.BICUBIC, Optional.empty(), Erasing.NONE)))
                .contains(new ImageTransform.RandomResizedCrop(24, 0.08, Interpolation.BICUBIC));
        assertThat(transforms(with(Resizing.SAME, Optional.empty(), new Erasing(0.2, Fill.CONST))))
                .contains(new RandomErasing(0.2, Fill.CONST, SMALL));
    }

    @Test
    void a_number_out_of_its_range_is_refused_by_the_name_of_its_option() {
        assertThatThrownBy(() -> new Augmentation(PART, 1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hflip is a probability in [0, 1], not 1.5");
        assertThatThrownBy(() -> new Erasing(-1, Fill.CONST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reprob is a probability in [0, 1], not -1.0");
    }
}
