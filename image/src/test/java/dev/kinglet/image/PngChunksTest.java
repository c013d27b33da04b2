package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PngChunksTest {
    private static List<String> types(byte[] png) {
        List<String> types = new ArrayList<>();
        for (int at = 8; at < png.length; ) {
            int length = (png[at] & 0xff) << 24
                    | (png[at + 1] & 0xff) << 16
                    | (png[at + 2] & 0xff) << 8
                    | (png[at + 3] & 0xff);
            types.add(new String(png, at + 4, 4, StandardCharsets.ISO_8859_1));
            at += length + 12;
        }
        return types;
    }

    @Test
    void only_the_chunks_of_the_still_image_stay() throws IOException {
        byte[] animated = RecordedPixels.drawn().bytes("animated_default.png");
        byte[] profiled = RecordedPixels.drawn().bytes("profile.png");
        assertThat(types(animated)).contains("acTL", "fcTL", "fdAT");
        assertThat(types(profiled)).contains("iCCP");

        assertThat(types(PngChunks.pixelsOnly(animated))).containsExactly("IHDR", "IDAT", "IEND");
        assertThat(types(PngChunks.pixelsOnly(profiled))).containsExactly("IHDR", "IDAT", "IEND");
    }

    @Test
    void a_palette_stays() throws IOException {
        assertThat(types(PngChunks.pixelsOnly(RecordedPixels.drawn().bytes("palette_alpha.png"))))
                .containsExactly("IHDR", "PLTE", "IDAT", "IEND");
    }

    @Test
    void a_file_that_ends_early_is_truncated_wherever_it_ends() throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes("rgb.png");
        for (int length = 8; length < whole.length; length++) {
            byte[] start = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> PngChunks.pixelsOnly(start))
                    .isInstanceOf(ImageException.class)
                    .hasMessageStartingWith("truncated PNG: it ends at byte " + length);
        }
    }

    @Test
    void a_damaged_chunk_is_named() throws IOException {
        byte[] png = RecordedPixels.drawn().bytes("rgb.png");
        png[60] ^= 1;

        assertThatThrownBy(() -> PngChunks.pixelsOnly(png))
                .isInstanceOf(ImageException.class)
                .hasMessage("damaged PNG: the IDAT chunk at byte 33 does not have its checksum");
    }

    @Test
    void a_header_that_is_not_first_and_an_end_without_pixels_are_refused() throws IOException {
        byte[] png = RecordedPixels.drawn().bytes("rgb.png");
        byte[] noHeader = png.clone();
        noHeader[12] = 'i';
        byte[] noPixels = png.clone();
        noPixels[37] = 'i'; // an unknown chunk, which is left out

        assertThatThrownBy(() -> PngChunks.pixelsOnly(noHeader))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("not iHDR at byte 8");
        assertThatThrownBy(() -> PngChunks.pixelsOnly(noPixels))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("not IEND at byte");
    }

    @Test
    void what_follows_the_end_is_left_out() throws IOException {
        byte[] png = RecordedPixels.drawn().bytes("rgb.png");

        assertThat(PngChunks.pixelsOnly(Arrays.copyOf(png, png.length + 1000))).isEqualTo(png);
    }
}
