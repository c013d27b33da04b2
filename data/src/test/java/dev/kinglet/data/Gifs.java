package dev.kinglet.data;

import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** The smallest images there are, of which every number has its own; decoded without native code. */
final class Gifs {
    private Gifs() {}

    /** One pixel, whose red and green say which. */
    static byte[] gif(int number) {
        byte[] gif = HexFormat.of()
                .parseHex("47494638396101000100800000" + "0000ff" + "000000" + "2c0000000001000100000202440100" + "3b");
        gif[13] = (byte) number;
        gif[14] = (byte) (number >> 8);
        return gif;
    }

    /** The number of an image. */
    static int number(RgbImage image) {
        return (image.rgb()[0] & 0xff) + 256 * (image.rgb()[1] & 0xff);
    }

    /** {@code folder/<class>/NNN.gif}, numbered on from {@code first}. */
    static void folder(Path folder, String name, int first, int count) throws IOException {
        Path images = Files.createDirectories(folder.resolve(name));
        for (int i = 0; i < count; i++) {
            Files.write(images.resolve(String.format("%03d.gif", i)), gif(first + i));
        }
    }
}
