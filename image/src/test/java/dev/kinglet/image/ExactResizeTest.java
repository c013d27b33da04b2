package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.samples.RecordedPixels;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Preprocessing.ResizeMode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Images resized to a square against the digests that torchvision and timm gave; {@code squash.py} records them again. */
@Tag("native")
class ExactResizeTest {
    @Test
    void an_exact_resize_and_the_crop_give_torchvisions_and_timms_bytes() throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        List<String> differences = new ArrayList<>();
        int cases = 0;
        int alike = 0;
        for (String line : Files.readAllLines(drawn.folder().resolve("squashed.txt"))) {
            if (line.startsWith("#")) {
                continue;
            }
            String[] words = line.split(" ", -1);
            RgbImage image = part(decoder.read(drawn.file(words[0])), words[1]);
            Preprocessing shorter = Preprocessing.imagenet()
                    .withInputSize(Integer.parseInt(words[2]))
                    .withCropPct(Double.parseDouble(words[3]))
                    .withInterpolation(Interpolation.of(words[4]));
            RgbImage exact =
                    Pipeline.evaluation(shorter.withResize(ResizeMode.EXACT)).apply(image);
            if (!RecordedPixels.sha256(exact).equals(words[5])) {
                differences.add(line);
            }
            if (RecordedPixels.sha256(Pipeline.evaluation(shorter).apply(image)).equals(words[5])) {
                alike++;
            }
            cases++;
        }

        assertThat(differences).isEmpty();
        assertThat(cases).isEqualTo(64);
        assertThat(alike).as("cases where the aspect ratio does not matter").isEqualTo(8); // one pixel
    }

    /** {@code WIDTHxHEIGHT+LEFT+TOP} of an image, or all of it. */
    private static RgbImage part(RgbImage image, String part) {
        if (part.equals("-")) {
            return image;
        }
        String[] numbers = part.split("[x+]", -1);
        return image.cut(
                Integer.parseInt(numbers[2]),
                Integer.parseInt(numbers[3]),
                Integer.parseInt(numbers[0]),
                Integer.parseInt(numbers[1]));
    }
}
