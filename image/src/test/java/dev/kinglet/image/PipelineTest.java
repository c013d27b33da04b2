package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PipelineTest {
    private static final Preprocessing SMALL = Preprocessing.imagenet().withInputSize(32);

    @Test
    void every_image_becomes_a_square_of_the_input_size() throws IOException {
        List<Pipeline> pipelines = List.of(
                Pipeline.evaluation(SMALL),
                Pipeline.randomResizedCrop(SMALL, 0.08, 0.5),
                Pipeline.paddedRandomCrop(SMALL, 4, 0.5),
                new Pipeline(List.of(
                        new ImageTransform.Resize(32, 32, Interpolation.BICUBIC),
                        new ImageTransform.HorizontalFlip(0.5))),
                new Pipeline(List.of(
                        new ImageTransform.Resize(40, 40, Interpolation.BICUBIC),
                        new ImageTransform.ResizeShorter(32, Interpolation.BICUBIC))));
        Random random = new Random(1);
        for (Pipeline pipeline : pipelines) {
            assertThat(pipeline.side()).isEqualTo(32);
            for (int i = 0; i < 50; i++) {
                RgbImage image = SampleImages.noise(1 + random.nextInt(90), 1 + random.nextInt(90), i);

                assertThat(pipeline.apply(image, random)).hasToString("32x32 pixels");
            }
        }
    }

    @Test
    void evaluation_is_what_preprocessing_says() throws IOException {
        RgbImage image = SampleImages.noise(90, 70, 2);

        RgbImage evaluated = Pipeline.evaluation(SMALL).apply(image, RecordedPixels.NO_RANDOMNESS);

        RgbImage resized = new ImageTransform.ResizeShorter(36, Interpolation.BILINEAR) // 32 / 0.875 = 36.6
                .apply(image, RecordedPixels.NO_RANDOMNESS);
        assertThat(evaluated.rgb()).isEqualTo(resized.cut(7, 2, 32, 32).rgb());
        assertThat(Pipeline.evaluation(SMALL).apply(image).rgb()).isEqualTo(evaluated.rgb());
    }

    @Test
    void a_small_image_of_the_right_size_is_not_resampled() throws IOException {
        RgbImage image = SampleImages.noise(32, 32, 3);

        RgbImage same = Pipeline.paddedRandomCrop(SMALL, 0, 0).apply(image, new Random(4));

        assertThat(same).isSameAs(image);
    }

    @Test
    void the_same_generator_gives_the_same_image() throws IOException {
        RgbImage image = SampleImages.noise(90, 70, 5);
        Pipeline pipeline = Pipeline.randomResizedCrop(SMALL, 0.2, 0.5);

        assertThat(pipeline.apply(image, new Random(6)).rgb())
                .isEqualTo(pipeline.apply(image, new Random(6)).rgb())
                .isNotEqualTo(pipeline.apply(image, new Random(7)).rgb());
    }

    @Test
    void transforms_that_do_not_end_in_a_square_are_refused() {
        assertThatThrownBy(() -> new Pipeline(List.of(new ImageTransform.ResizeShorter(256, Interpolation.BILINEAR))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ends in a square of a known side")
                .hasMessageContaining("ResizeShorter[pixels=256");
        assertThatThrownBy(() -> new Pipeline(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Pipeline(List.of(new ImageTransform.HorizontalFlip(0.5))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
