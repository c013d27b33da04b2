package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageHeaderTest {
    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A PNG's header and nothing else. */
    private static byte[] pngOf(int width, int height) {
        byte[] png = Arrays.copyOf(latin1("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR"), 33);
        for (int i = 0; i < 4; i++) {
            png[16 + i] = (byte) (width >> (24 - 8 * i));
            png[20 + i] = (byte) (height >> (24 - 8 * i));
        }
        return png;
    }

    @Test
    void knows_the_size_of_every_drawn_image_before_it_is_decoded() throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();
        assertThat(drawn.images()).hasSizeGreaterThan(50);
        for (RecordedPixels.Recorded recorded : drawn.images()) {
            ImageHeader header = ImageHeader.read(drawn.bytes(recorded.file()));

            boolean rotated = recorded.file().equals("orientation_6.tif"); // after the header
            assertThat(rotated ? header.height() + "x" + header.width() : header.width() + "x" + header.height())
                    .as(recorded.file())
                    .isEqualTo(recorded.size());
            assertThat(recorded.file().replace("jpg", "jpeg").replaceAll("tif$", "tiff"))
                    .endsWith(header.format().name().toLowerCase(Locale.ROOT));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"baseline_420.jpg", "rgb.png", "still.gif", "rgb.bmp", "lossy.webp", "lossless.webp"})
    void says_so_where_the_header_ends_early(String file) throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes(file);
        for (int length = 1; length < 9; length++) {
            byte[] start = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> ImageHeader.read(start)).isInstanceOf(ImageException.class);
        }
        assertThatThrownBy(() -> ImageHeader.read(Arrays.copyOf(whole, 9)))
                .isInstanceOf(ImageException.class)
                .hasMessageMatching("truncated.*|.*not an image.*"); // WebP's name ends at byte 12
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "II+\0rest of it | it is a BigTIFF",
                "....ftypavif....| it is an AVIF",
                "....ftypheic....| it is a HEIC",
                "....ftypisom....| it is a video (MP4)",
                "%PDF-1.7| it is a PDF document",
                "8BPS....| it is a Photoshop file",
                "<svg xmlns| it is an SVG or another XML file",
                "<!DOCTYPE html>| it is a web page, as a download leaves it that failed or needs a sign-in; download the file itself",
                "hello| it begins with the bytes 68 65 6c 6c 6f"
            })
    void what_is_no_image_is_refused_by_name(String content, String description) {
        assertThatThrownBy(() -> ImageHeader.read(latin1(content)))
                .isInstanceOf(ImageException.class)
                .hasMessage("not an image of a supported format (JPEG, PNG, GIF, BMP, WebP, TIFF): " + description);
    }

    @Test
    void an_empty_file_is_refused() {
        assertThatThrownBy(() -> ImageHeader.read(new byte[0]))
                .isInstanceOf(ImageException.class)
                .hasMessage("empty: 0 bytes");
    }

    @Test
    void limits_hold_before_anything_is_decoded() {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

        assertThatThrownBy(() -> decoder.decode(pngOf(30_000, 30_000)))
                .isInstanceOf(ImageException.class)
                .hasMessage("30000x30000 pixels are too many: at most 89478485 in all and 65535 a side are allowed");
        assertThatThrownBy(() -> decoder.decode(pngOf(-1, -1))) // 4,294,967,295 each
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("4294967295x4294967295 pixels are too many");
        assertThatThrownBy(() -> decoder.decode(pngOf(70_000, 1)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("65535 a side");
        assertThatThrownBy(() -> decoder.decode(pngOf(0, 5)))
                .isInstanceOf(ImageException.class)
                .hasMessage("a PNG of 0x5 pixels has nothing to show");
        assertThatThrownBy(() -> new ImageDecoder(ImageLimits.defaults().withMaxBytes(32)).decode(pngOf(1, 1)))
                .isInstanceOf(ImageException.class)
                .hasMessage("33 bytes are too many: at most 32 are allowed");
    }

    @Test
    void limits_that_no_array_could_hold_are_refused() {
        assertThatThrownBy(() -> ImageLimits.defaults().withMaxPixels(Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ImageLimits(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ImageLimits.defaults().withMaxBytes(1L << 31))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
