package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GifDecoderTest {
    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "animated.gif",
                "gray.gif",
                "interlaced.gif",
                "one_bit.gif",
                "part_of_screen.gif",
                "part_of_screen_transparent.gif",
                "photo_like.gif",
                "still.gif",
                "transparent.gif",
                "two_colors.gif"
            })
    void shows_what_pillow_shows(String file) throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();

        assertThat(RecordedPixels.sha256(decoder.read(drawn.file(file))))
                .isEqualTo(drawn.of(file).pixels());
    }

    @ParameterizedTest
    @ValueSource(strings = {"animated.gif", "interlaced.gif", "transparent.gif"})
    void a_gif_that_ends_before_its_first_frame_does_is_refused(String file) throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes(file);
        RgbImage image = decoder.decode(whole);
        int refused = 0;
        for (int length = 0; length < whole.length; length++) {
            byte[] start = Arrays.copyOf(whole, length);
            try {
                assertThat(decoder.decode(start).rgb()).isEqualTo(image.rgb());
            } catch (ImageException e) {
                assertThat(e).hasMessageMatching("(?s).*(truncated|empty|not an image).*");
                refused++;
            }
        }
        // what follows the frame is not needed: later frames, the trailer
        assertThat(refused).isGreaterThan(file.equals("animated.gif") ? 1400 : whole.length - 10);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damage_gives_an_image_or_a_refusal_and_nothing_else(long seed) throws IOException {
        Random random = new Random(seed);
        byte[] whole = RecordedPixels.drawn().bytes("interlaced.gif");
        int refused = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = whole.clone();
            for (int j = 0; j <= i % 4; j++) {
                damaged[6 + random.nextInt(whole.length - 6)] = (byte) random.nextInt();
            }
            try {
                decoder.decode(damaged);
            } catch (ImageException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(300, 2900);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 255})
    void codes_of_an_impossible_length_are_refused(int bits) throws IOException {
        byte[] gif = RecordedPixels.drawn().bytes("still.gif");
        gif[gif.length - 1 - dataBytes(gif) - 1] = (byte) bits;

        assertThatThrownBy(() -> decoder.decode(gif))
                .isInstanceOf(ImageException.class)
                .hasMessage("damaged GIF: codes begin with " + bits + " bits, not 1 to 8");
    }

    /** Length of the blocks that end just before the trailer. */
    private static int dataBytes(byte[] gif) {
        int palette = 3 << ((gif[10] & 7) + 1);
        int codeLength = 13 + palette + 10; // one image descriptor follows the palette
        return gif.length - 1 - codeLength - 1;
    }
}
