package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Small files that would keep a decoder busy for long, or fill its memory. */
class BoundedWorkTest {
    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());

    /** The progressive image with its last scan once more, and again. */
    private static byte[] withScans(int more) throws IOException {
        byte[] progressive = RecordedPixels.drawn().bytes("progressive.jpg");
        int last = progressive.length - 2;
        while (progressive[last] != (byte) 0xff || progressive[last + 1] != (byte) 0xda) {
            last--;
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        jpeg.write(progressive, 0, last);
        for (int i = 0; i <= more; i++) {
            jpeg.write(progressive, last, progressive.length - 2 - last);
        }
        jpeg.write(progressive, progressive.length - 2, 2);
        return jpeg.toByteArray();
    }

    private static byte[] withSize(byte[] jpeg, int width, int height) {
        byte[] other = jpeg.clone();
        for (int at = 2; ; at += 2 + ByteBuffer.wrap(other).getShort(at + 2)) {
            if (other[at + 1] == (byte) 0xc2) {
                ByteBuffer.wrap(other).putShort(at + 5, (short) height).putShort(at + 7, (short) width);
                return other;
            }
        }
    }

    @Test
    void a_jpeg_with_more_scans_than_any_needs_is_refused() throws IOException {
        byte[] bomb = withScans(1_000);

        assertThatThrownBy(() -> decoder.decode(bomb))
                .isInstanceOf(ImageException.class)
                .hasMessageMatching("a JPEG of 10\\d\\d scans: at most 1000 are allowed where there are .* pixels");
    }

    @Test
    void a_large_jpeg_may_have_fewer_scans_than_a_small_one() throws IOException {
        byte[] bomb = withSize(withScans(20), 9_000, 9_000);

        assertThatThrownBy(() -> decoder.decode(bomb))
                .isInstanceOf(ImageException.class)
                .hasMessageEndingWith(" scans: at most 17 are allowed where there are 9000x9000 pixels");
    }

    @Test
    @Tag("native")
    void scans_that_an_image_may_have_change_nothing_by_being_counted() throws IOException {
        RgbImage once = decoder.decode(withScans(0));

        assertThat(RecordedPixels.sha256(once))
                .isEqualTo(RecordedPixels.drawn().of("progressive.jpg").pixels());
        assertThat(decoder.decode(withScans(20)).width()).isEqualTo(once.width());
    }

    @Test
    @Tag("native")
    void what_follows_an_image_and_what_its_segments_hold_are_no_scans() throws IOException {
        byte[] photo = RecordedPixels.drawn().bytes("photo_like.jpg");
        byte[] withFilm = Arrays.copyOf(photo, photo.length + 100_000);
        for (int i = photo.length; i < withFilm.length; i++) {
            withFilm[i] = (byte) ((i & 1) == 0 ? 0xff : 0xda);
        }
        int body = 40_000;
        ByteBuffer withComment = ByteBuffer.allocate(photo.length + 4 + body)
                .put(photo, 0, 2)
                .putShort((short) 0xfffe)
                .putShort((short) (2 + body))
                .put(withFilm, photo.length, body)
                .put(photo, 2, photo.length - 2);

        assertThat(JpegScans.count(photo)).isOne();
        assertThat(decoder.decode(withFilm).rgb())
                .isEqualTo(decoder.decode(photo).rgb());
        assertThat(decoder.decode(withComment.array()).rgb())
                .isEqualTo(decoder.decode(photo).rgb());
    }

    /** Why the data of such an image need not be looked through. */
    @Test
    @Tag("native")
    void scans_after_one_of_all_components_are_not_decoded() throws IOException {
        byte[] photo = RecordedPixels.drawn().bytes("photo_like.jpg");
        int scan = 2;
        while ((photo[scan + 1] & 0xff) != 0xda) {
            scan += 2 + (ByteBuffer.wrap(photo).getShort(scan + 2) & 0xffff);
        }
        int bytes = photo.length - 2 - scan; // from the scan's marker to before the end of the image
        ByteBuffer repeated = ByteBuffer.allocate(photo.length + 5_000 * bytes).put(photo, 0, photo.length - 2);
        byte[] another = Arrays.copyOfRange(photo, scan, scan + bytes);
        Arrays.fill(another, bytes / 2, bytes, (byte) 0x55); // would show if it were decoded
        for (int i = 0; i < 5_000; i++) {
            repeated.put(another);
        }
        repeated.putShort((short) 0xffd9);

        assertThat(JpegScans.count(repeated.array())).isOne();
        assertThat(decoder.decode(repeated.array()).rgb())
                .isEqualTo(decoder.decode(photo).rgb());
    }

    @Test
    void scans_are_not_hidden_behind_markers_without_a_body() throws IOException {
        byte[] bomb = withScans(30);
        int scans = JpegScans.count(bomb);
        assertThat(scans).isGreaterThan(30);
        byte[] hiding = bomb.clone();
        int end = bomb.length - 2;
        int middle = end - 200; // in the data of the last scans
        ByteBuffer.wrap(hiding).putShort(middle, (short) 0xff02).putShort(middle + 2, (short) 190);

        assertThat(JpegScans.count(hiding)).isBetween(scans - 1, scans);
    }

    @Test
    void a_jpeg_of_segments_without_end_is_refused() {
        byte[] comments = new byte[2 + 4 * 70_000];
        ByteBuffer jpeg = ByteBuffer.wrap(comments).putShort((short) 0xffd8);
        while (jpeg.hasRemaining()) {
            jpeg.putInt(0xfffe0002); // an empty comment
        }

        assertThatThrownBy(() -> decoder.decode(comments))
                .isInstanceOf(ImageException.class)
                .hasMessage("a JPEG without a frame header in its first 65536 segments");
    }

    @Test
    void a_png_of_text_without_end_is_refused() throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes("rgb.png");
        int header = 8 + 25;
        ByteBuffer png = ByteBuffer.allocate(whole.length + 12 * 140_000);
        png.put(whole, 0, header);
        for (int i = 0; i < 140_000; i++) {
            png.putInt(0).putInt(0x74455874).putInt(0); // an empty tEXt
        }
        png.put(whole, header, whole.length - header);

        assertThatThrownBy(() -> decoder.decode(png.array()))
                .isInstanceOf(ImageException.class)
                .hasMessage("a PNG of more than 131072 chunks");
    }

    @Test
    void a_webp_of_frames_without_end_is_refused() throws IOException {
        byte[] whole = RecordedPixels.drawn().bytes("animated.webp");
        int frames = 70_000;
        ByteBuffer webp = ByteBuffer.wrap(Arrays.copyOf(whole, whole.length + 8 * frames))
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(whole.length);
        for (int i = 0; i < frames; i++) {
            webp.putInt(0x464d4e41).putInt(0); // an empty ANMF
        }
        webp.putInt(4, webp.capacity() - 8);

        assertThatThrownBy(() -> decoder.decode(webp.array()))
                .isInstanceOf(ImageException.class)
                .hasMessage("a WebP file of more than 65536 frames and other chunks");
    }

    @Test
    void an_image_that_the_heap_has_no_room_for_is_refused() {
        ImageHeader header = new ImageHeader(ImageHeader.Format.PNG, Integer.MAX_VALUE, 1); // no array is so long

        assertThatThrownBy(() -> Objects.requireNonNull(header.room(1)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("pixels do not fit into what is left of a heap of ");
    }
}
