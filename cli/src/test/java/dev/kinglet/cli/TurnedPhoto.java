package dev.kinglet.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Photos whose camera was held on its side. */
final class TurnedPhoto {
    private static final short CLOCKWISE = 6; // how it is to be turned

    private TurnedPhoto() {}

    /** A JPEG, dark on the left and light on the right, that says it is to be turned: dark above, light below. */
    static Path write(Path file, int width, int height) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                image.setRGB(x, y, 0x010101 * (255 * x / width));
            }
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", jpeg);
        // APP1 with a TIFF of one entry: tag, type short, one of it, its value
        ByteBuffer exif = ByteBuffer.allocate(4 + 6 + 8 + 2 + 12 + 4)
                .putShort((short) 0xffe1)
                .putShort((short) (2 + 6 + 8 + 2 + 12 + 4))
                .put("Exif\0\0MM\0*".getBytes(StandardCharsets.ISO_8859_1))
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort(CLOCKWISE);
        byte[] whole = jpeg.toByteArray();
        return Files.write(
                file,
                ByteBuffer.allocate(whole.length + exif.capacity())
                        .put(whole, 0, 2)
                        .put(exif.array())
                        .put(whole, 2, whole.length - 2)
                        .array());
    }
}
