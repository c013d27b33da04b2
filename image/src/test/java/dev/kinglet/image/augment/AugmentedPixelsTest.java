package dev.kinglet.image.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.Upright;
import dev.kinglet.image.samples.RecordedPixels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Turned, moved and recolored images against the digests that Pillow gave; {@code augment.py} records them again. */
class AugmentedPixelsTest {
    private static final RgbColor FILL = new RgbColor(124, 116, 104);

    @Test
    void every_change_gives_pillows_bytes() throws IOException {
        RecordedPixels drawn = RecordedPixels.drawn();
        Map<String, RgbImage> images = new HashMap<>();
        List<String> differences = new ArrayList<>();
        int cases = 0;
        for (String line : Files.readAllLines(drawn.folder().resolve("augmented.txt"))) {
            if (line.startsWith("#")) {
                continue;
            }
            List<String> words = List.of(line.split(" ", -1));
            RgbImage image = images.get(words.get(0));
            if (image == null) {
                image = new ImageDecoder(ImageLimits.defaults()).read(drawn.file(words.get(0)));
                images.put(words.get(0), image);
            }
            RgbImage changed = changed(image, words.get(1), words.subList(2, words.size() - 1));
            if (!RecordedPixels.sha256(changed).equals(words.get(words.size() - 1))) {
                differences.add(line.substring(0, line.lastIndexOf(' ')));
            }
            cases++;
        }

        assertThat(differences).isEmpty();
        assertThat(cases).isEqualTo(1000);
        assertThat(images).hasSize(8);
    }

    private static RgbImage changed(RgbImage image, String operation, List<String> arguments) {
        double how = arguments.isEmpty() ? 0 : Double.parseDouble(arguments.get(0));
        return switch (operation) {
            case "rotate" -> seen(Affine.rotation(how, image.width(), image.height()), image, arguments);
            case "shear_x" -> seen(Affine.shearX(how), image, arguments);
            case "shear_y" -> seen(Affine.shearY(how), image, arguments);
            case "translate_x" -> seen(Affine.translation(how * image.width(), 0), image, arguments);
            case "translate_y" -> seen(Affine.translation(0, how * image.height()), image, arguments);
            case "orientation" -> Upright.of(image, (int) how);
            case "auto_contrast" -> ChannelTables.autoContrast(image).apply(image);
            case "equalize" -> ChannelTables.equalize(image).apply(image);
            case "invert" -> ChannelTables.invert().apply(image);
            case "posterize" -> ChannelTables.posterize((int) how).apply(image);
            case "solarize" -> ChannelTables.solarize((int) how).apply(image);
            case "solarize_add" -> ChannelTables.solarizeAdd((int) how).apply(image);
            case "brightness" -> ChannelTables.brightness(how).apply(image);
            case "contrast" -> ChannelTables.contrast(image, how).apply(image);
            case "color" -> Blend.color(image, how);
            case "sharpness" -> Blend.sharpness(image, how);
            case "hue" -> Hue.shifted(image, how);
            default -> throw new AssertionError(operation);
        };
    }

    private static RgbImage seen(Affine affine, RgbImage image, List<String> arguments) {
        String name = arguments.get(1).toUpperCase(Locale.ROOT);
        Sampling sampling = Stream.of(Sampling.values())
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
        return affine.apply(image, sampling, FILL);
    }
}
