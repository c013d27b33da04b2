package dev.kinglet.image.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.RgbImage;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HeatMapTest {
    /** {@code torch.nn.functional.interpolate(..., size=(4, 6), mode="bilinear", align_corners=False)}. */
    @Test
    void is_enlarged_as_by_pytorch() {
        HeatMap map = new HeatMap(2, 3, new float[] {0, 1, 5, 4, -2, 3}).resized(4, 6);

        float[] expected = {
            0, 0.25f, 0.75f, 2, 4, 5, //
            1, 0.8125f, 0.4375f, 1.3125f, 3.4375f, 4.5f, //
            3, 1.9375f, -0.1875f, -0.0625f, 2.3125f, 3.5f, //
            4, 2.5f, -0.5f, -0.75f, 1.75f, 3
        };
        assertThat(map.height()).isEqualTo(4);
        assertThat(map.width()).isEqualTo(6);
        assertThat(map.values()).containsExactly(expected, within(1e-6f));
    }

    @Test
    void a_map_of_one_value_is_the_same_everywhere() {
        assertThat(new HeatMap(1, 1, new float[] {3}).resized(2, 2).values()).containsExactly(3, 3, 3, 3);
    }

    @Test
    void has_as_many_values_as_cells() {
        assertThatThrownBy(() -> new HeatMap(2, 2, new float[3]))
                .hasMessage("a map of 2 rows and 2 columns does not have 3 values");
    }

    @Test
    void the_overlay_is_bright_where_the_map_is_high_and_dark_where_it_is_not_above_zero() {
        byte[] gray = new byte[3 * 4];
        Arrays.fill(gray, (byte) 100);
        RgbImage image = new RgbImage(4, 1, gray);

        byte[] rgb = HeatOverlay.over(image, new HeatMap(1, 4, new float[] {-7, 0, 1, 2}))
                .rgb();

        assertThat(Arrays.copyOf(rgb, 6)).containsExactly(50, 50, 52, 50, 50, 52); // half of black with a little blue
        int[] lightness = new int[4];
        for (int i = 0; i < 4; i++) {
            lightness[i] = (rgb[3 * i] & 0xff) + (rgb[3 * i + 1] & 0xff) + (rgb[3 * i + 2] & 0xff);
        }
        assertThat(lightness[2]).isGreaterThan(lightness[1]).isLessThan(lightness[3]);
        assertThat(rgb[9] & 0xff).isEqualTo((100 + 0xFC + 1) / 2);
        assertThat(rgb[11] & 0xff).isEqualTo((100 + 0xA4 + 1) / 2);
    }

    @Test
    void the_colors_grow_lighter_with_the_value() {
        float[] values = new float[256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        byte[] rgb = HeatOverlay.over(new RgbImage(256, 1, new byte[3 * 256]), new HeatMap(1, 256, values))
                .rgb();
        double last = -1;
        for (int i = 0; i < 256; i += 8) { // steps that rounding to bytes does not hide
            double luminance =
                    0.2126 * (rgb[3 * i] & 0xff) + 0.7152 * (rgb[3 * i + 1] & 0xff) + 0.0722 * (rgb[3 * i + 2] & 0xff);
            assertThat(luminance).isGreaterThan(last);
            last = luminance;
        }
    }
}
