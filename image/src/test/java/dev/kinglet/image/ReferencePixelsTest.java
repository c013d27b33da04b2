package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Photos in many encodings, with the digests that Pillow gave. The environment variable KINGLET_PIXELS names a folder with
 * {@code expected.json} and {@code images}.
 */
@Tag("data")
@Tag("native")
class ReferencePixelsTest {
    @Test
    void every_digest_of_the_reference_images_matches() throws IOException {
        String folder = System.getenv("KINGLET_PIXELS");
        assumeThat(folder).as("KINGLET_PIXELS").isNotNull();
        RecordedPixels reference = RecordedPixels.read(Path.of(folder));
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        List<String> differences = new ArrayList<>();
        int decoded = 0;
        int resized = 0;
        for (RecordedPixels.Recorded recorded : reference.images()) {
            RgbImage image = decoder.read(reference.file(recorded.file()));
            if (recorded.file().equals("gray16.png")) {
                continue; // scaled where Pillow clips
            }
            if (!RecordedPixels.sha256(image).equals(recorded.pixels())) {
                differences.add(recorded.file() + " decoded");
            }
            differences.addAll(RecordedPixels.differences(recorded, image));
            decoded++;
            resized += RecordedPixels.count(recorded);
        }

        assertThat(differences).isEmpty();
        assertThat(decoded).isEqualTo(21);
        assertThat(resized).isEqualTo(408);
    }
}
