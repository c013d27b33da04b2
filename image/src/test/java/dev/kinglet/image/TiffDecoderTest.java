package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kinds that are not read, and damage; ImageDecoderTest compares the pixels with Pillow's. */
class TiffDecoderTest {
    private static final int LONG = 4;

    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

    /** The recorded image with one number of its directory changed. */
    private static byte[] changed(String file, int tag, int value) throws IOException {
        byte[] bytes = RecordedPixels.drawn().bytes(file);
        ByteBuffer tiff =
                ByteBuffer.wrap(bytes).order(bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        for (int entry = tiff.getInt(4) + 2; ; entry += 12) {
            if ((tiff.getShort(entry) & 0xffff) == tag) {
                tiff.putShort(entry + 2, (short) LONG).putInt(entry + 4, 1).putInt(entry + 8, value);
                return bytes;
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "258 | 16 | 16 bits per sample",
                "258 | 1 | 1 bits per sample",
                "259 | 7 | JPEG compression",
                "259 | 4 | fax compression",
                "259 | 50000 | compression 50000",
                "262 | 5 | CMYK colors",
                "262 | 6 | YCbCr colors",
                "262 | 3 | 3 samples per pixel",
                "277 | 5 | 5 samples per pixel",
                "284 | 3 | planar configuration 3"
            })
    void a_kind_that_is_not_read_is_refused_by_name(int tag, int value, String kind) throws IOException {
        byte[] tiff = changed("rgb.tif", tag, value);

        assertThatThrownBy(() -> decoder.decode(tiff))
                .isInstanceOf(ImageException.class)
                .hasMessage("a TIFF with " + kind
                        + "; read are gray, RGB and palettes of 8 bits per sample, without compression or with PackBits,"
                        + " LZW or Deflate");
    }

    @Test
    void colors_multiplied_by_alpha_are_refused() throws IOException {
        byte[] tiff = changed("rgba_deflate.tif", 338, 1);

        assertThatThrownBy(() -> decoder.decode(tiff))
                .hasMessageStartingWith("a TIFF with colors multiplied by alpha;");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gray_packbits.tif", "gray_alpha_lzw.tif", "rgba_deflate.tif", "photo_like_lzw.tif"})
    void data_that_ends_early_is_refused_rather_than_filled_up(String file) throws IOException {
        for (int bytes : new int[] {0, 1, 100, 1000}) {
            byte[] tiff = changed(file, 279, bytes);

            assertThatThrownBy(() -> decoder.decode(tiff))
                    .isInstanceOf(ImageException.class)
                    .hasMessageStartingWith("damaged TIFF: the data at byte ");
        }
    }

    @Test
    void numbers_that_do_not_fit_the_file_are_refused() throws IOException {
        for (int tag : new int[] {256, 257, 273, 278}) {
            for (int value : new int[] {0, -1, Integer.MAX_VALUE}) {
                byte[] tiff = changed("photo_like_lzw.tif", tag, value);
                try {
                    assertThat(decoder.decode(tiff).width()).isEqualTo(160);
                    assertThat(tag).isEqualTo(278); // any number of rows a strip is enough for one strip
                } catch (ImageException e) {
                    assertThat(e)
                            .hasMessageMatching("(damaged|truncated) TIFF.*|a TIFF of .*|.* pixels are too many.*");
                }
            }
        }
        for (int tag : new int[] {322, 323, 324, 325}) {
            byte[] tiff = changed("tiles.tif", tag, -1);

            assertThatThrownBy(() -> decoder.decode(tiff)).isInstanceOf(ImageException.class);
        }
    }
}
