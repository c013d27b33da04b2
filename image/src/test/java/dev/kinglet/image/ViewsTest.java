package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewsTest {
    private static final Preprocessing EIGHT_OF_TEN =
            Preprocessing.imagenet().withInputSize(8).withCropPct(0.8);
    private static final RgbImage WIDE = SampleImages.coordinates(20, 10); // its shorter side is right already

    private static List<String> corners(Views views) throws ImageException {
        return corners(views, EIGHT_OF_TEN, WIDE);
    }

    private static List<String> corners(Views views, Preprocessing preprocessing, RgbImage image)
            throws ImageException {
        List<String> corners = new ArrayList<>();
        for (Pipeline pipeline : views.pipelines(preprocessing)) {
            RgbImage view = pipeline.apply(image);
            assertThat(view).hasToString("8x8 pixels");
            corners.add(SampleImages.red(view, 0, 0) + "," + SampleImages.green(view, 0, 0));
        }
        return corners;
    }

    @Test
    void five_crops_are_the_center_and_the_corners() throws Exception {
        assertThat(corners(Views.FIVE_CROP)).containsExactly("7,2", "1,1", "13,1", "1,3", "13,3");
    }

    @Test
    void views_of_an_exact_resize_are_parts_of_the_whole_image() throws Exception {
        Preprocessing exact = EIGHT_OF_TEN.withResize(Preprocessing.ResizeMode.EXACT);
        RgbImage square =
                new ImageTransform.Resize(10, 10, exact.interpolation()).apply(WIDE, RecordedPixels.NO_RANDOMNESS);

        assertThat(corners(Views.FIVE_CROP, exact, WIDE))
                .isEqualTo(corners(Views.FIVE_CROP, EIGHT_OF_TEN, square))
                .isNotEqualTo(corners(Views.FIVE_CROP));
    }

    @Test
    void the_flipped_view_is_the_center_flipped() throws Exception {
        assertThat(corners(Views.FLIP)).containsExactly("7,2", "14,2");
        assertThat(corners(Views.CENTER)).containsExactly("7,2");
    }

    @Test
    void shifted_views_are_the_center_one_pixel_on_reflected_at_the_edge() throws Exception {
        assertThat(corners(Views.FLIP_SHIFT)).containsExactly("7,2", "14,2", "8,3", "13,3", "8,3", "13,3");
    }

    @Test
    void names_are_those_of_the_option() {
        assertThat(Views.values())
                .extracting(Views::toString)
                .containsExactly("center", "flip", "flip-shift", "five-crop");
    }
}
