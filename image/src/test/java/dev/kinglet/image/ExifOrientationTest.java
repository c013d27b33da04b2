package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Orientation;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExifOrientationTest {
    private static final byte[] TAG_IN_BIG_ENDIAN = {1, 0x12, 0, 3, 0, 0, 0, 1, 0};

    private static byte[] turnedPhoto() throws IOException {
        return RecordedPixels.drawn().bytes("exif_orientation_6.jpg");
    }

    @Test
    void the_tag_is_found() throws IOException {
        byte[] photo = turnedPhoto();
        assertThat(ExifOrientation.tag(photo)).isEqualTo(6);
        assertThat(ExifOrientation.tag(RecordedPixels.drawn().bytes("baseline_420.jpg")))
                .isEqualTo(1);
        int value = indexOf(photo, TAG_IN_BIG_ENDIAN) + TAG_IN_BIG_ENDIAN.length;
        photo[value] = 8;
        assertThat(ExifOrientation.tag(photo)).isEqualTo(8);
        photo[value] = 9; // there is no such orientation
        assertThat(ExifOrientation.tag(photo)).isEqualTo(1);
    }

    @Test
    void a_header_that_ends_early_has_no_tag() throws IOException {
        byte[] photo = turnedPhoto();
        int value = indexOf(photo, TAG_IN_BIG_ENDIAN) + TAG_IN_BIG_ENDIAN.length;
        for (int length = 0; length <= value; length++) {
            assertThat(ExifOrientation.tag(Arrays.copyOf(photo, length))).isEqualTo(1);
        }
    }

    @Test
    @Tag("native")
    void a_photo_is_turned_only_if_asked() throws IOException {
        ImageDecoder plain = new ImageDecoder(ImageLimits.defaults());
        ImageDecoder following = new ImageDecoder(ImageLimits.defaults(), Orientation.FOLLOWED);
        RgbImage stored = plain.decode(turnedPhoto());
        RgbImage upright = following.decode(turnedPhoto());

        assertThat(stored).hasToString("67x49 pixels");
        assertThat(upright).hasToString("49x67 pixels");
        for (int y = 0; y < 67; y++) { // clockwise: what was on the left is above
            assertThat(SampleImages.red(upright, 48, y)).isEqualTo(SampleImages.red(stored, y, 0));
            assertThat(SampleImages.red(upright, 0, y)).isEqualTo(SampleImages.red(stored, y, 48));
        }
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; ; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
    }
}
