package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.ReducedDecoding;
import dev.kinglet.image.RgbColor;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.Sampling;
import dev.kinglet.image.augment.RandAugment;
import dev.kinglet.image.augment.RandomErasing;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final Preprocessing SMALL = Preprocessing.imagenet().withInputSize(24);

    private static Augmentation of(String... assignments) {
        TrainOptions options = TrainOptions.none().with("data=photos").with("model=peleenet");
        for (String assignment : assignments) {
            options = options.with(assignment);
        }
        return TrainConfig.of(options).augmentation();
    }

    private static List<String> steps(Augmentation augmentation) {
        return augmentation.pipeline(SMALL).transforms().stream()
                .map(transform -> transform.getClass().getSimpleName())
                .toList();
    }

    @Test
    void what_is_not_asked_for_is_not_done() {
        assertThat(steps(of())).containsExactly("RandomResizedCrop", "HorizontalFlip");
        assertThat(of()).isEqualTo(new Augmentation(Augmentation.Crop.RANDOM_RESIZED, 0.08, 1, 4, 0.5));
        assertThat(steps(of("crop=padded"))).containsExactly("ResizeAndCrop", "PaddedRandomCrop", "HorizontalFlip");
    }

    @Test
    void everything_is_done_in_its_order() throws Exception {
        Augmentation all = of(
                "train_interpolation=random",
                "vflip=0.5",
                "rotate=10",
                "aa=rand-m9-mstd0.5",
                "color_jitter=0.4,0.4,0.4,0.1",
                "lighting=0.1",
                "reprob=0.5");

        assertThat(steps(all))
                .containsExactly(
                        "OneOf",
                        "HorizontalFlip",
                        "VerticalFlip",
                        "RandomRotation",
                        "RandAugment",
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

        assertThat(of("decode=reduced").pipeline(SMALL).transforms()).contains(new ReducedDecoding(crop));
        assertThat(of("decode=full").pipeline(SMALL).transforms()).contains(crop);
        assertThatThrownBy(() -> of("decode=reduced", "crop=padded"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("decode reduced needs crop random-resized")
                .hasMessageEndingWith("the crop is padded");
    }

    @Test
    void changes_are_filled_with_the_mean_and_read_as_training_images_are_resized() {
        RandAugment policy = RandAugment.parse("rand-m9").withFill(new RgbColor(124, 116, 104));

        assertThat(of("aa=rand-m9").pipeline(SMALL).transforms())
                .contains(policy.withSamplings(List.of(Sampling.BILINEAR)));
        assertThat(of("aa=rand-m9", "train_interpolation=random")
                        .pipeline(SMALL)
                        .transforms())
                .contains(policy.withSamplings(List.of(Sampling.BILINEAR, Sampling.BICUBIC)));
        assertThat(of("train_interpolation=bicubic").pipeline(SMALL).transforms())
                .contains(new ImageTransform.RandomResizedCrop(24, 0.08, Interpolation.BICUBIC));
        assertThat(of("reprob=0.2", "remode=const").pipeline(SMALL).transforms())
                .contains(new RandomErasing(0.2, RandomErasing.Fill.CONST, SMALL));
    }
}
