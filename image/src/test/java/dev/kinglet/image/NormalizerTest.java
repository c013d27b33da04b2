package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Preprocessing;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class NormalizerTest {
    private static final Preprocessing IMAGENET = Preprocessing.imagenet();
    private static final Normalizer NORMALIZER = new Normalizer(IMAGENET);

    @Test
    void channels_move_outwards_and_each_has_its_mean_and_deviation() {
        RgbImage first = SampleImages.noise(4, 3, 1);
        RgbImage second = SampleImages.noise(4, 3, 2);
        ByteBuffer pixels = ByteBuffer.allocateDirect(100);
        pixels.put(0, first.rgb()).put(36, second.rgb());
        FloatBuffer result = FloatBuffer.allocate(80);

        NORMALIZER.normalize(pixels, 2, 12, result);

        float[][] table = IMAGENET.normalized();
        assertThat(result.position()).isEqualTo(72);
        for (int channel = 0; channel < 3; channel++) {
            for (int pixel = 0; pixel < 12; pixel++) {
                assertThat(result.get(channel * 12 + pixel))
                        .isEqualTo(table[channel][first.rgb()[3 * pixel + channel] & 0xff]);
                assertThat(result.get(36 + channel * 12 + pixel))
                        .isEqualTo(table[channel][second.rgb()[3 * pixel + channel] & 0xff]);
            }
        }
    }

    @Test
    void one_image_gives_the_same_numbers_as_in_a_batch() {
        RgbImage image = SampleImages.noise(5, 2, 3);
        FloatBuffer alone = FloatBuffer.allocate(30);
        FloatBuffer batch = FloatBuffer.allocate(30);

        NORMALIZER.normalize(image, alone);
        NORMALIZER.normalize(ByteBuffer.wrap(image.rgb()), 1, 10, batch);

        assertThat(alone.array()).isEqualTo(batch.array());
        assertThat(alone.get(0)).isEqualTo(((image.rgb()[0] & 0xff) / 255f - 0.485f) / 0.229f);
    }

    @Test
    void too_little_room_on_either_side_is_said() {
        assertThatThrownBy(() -> NORMALIZER.normalize(ByteBuffer.allocate(35), 1, 12, FloatBuffer.allocate(36)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 images of 12 pixels are 36 bytes, and there are 35");
        assertThatThrownBy(() -> NORMALIZER.normalize(ByteBuffer.allocate(36), 1, 12, FloatBuffer.allocate(35)))
                .isInstanceOf(BufferOverflowException.class);
    }
}
