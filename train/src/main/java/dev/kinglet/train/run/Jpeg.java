package dev.kinglet.train.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Photos as JPEG, an eighth of their size as PNG, for a page that carries them. */
final class Jpeg {
    private static final float QUALITY = 0.85f;

    private Jpeg() {}

    /** An image without transparency, JPEG. */
    static byte[] of(BufferedImage image) {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(jpeg)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has nothing to fail with
        } finally {
            writer.dispose();
        }
        return jpeg.toByteArray();
    }

    /** The same of a PNG; what is none is returned as it is. */
    static byte[] of(byte[] png) {
        try {
            BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
            return image == null ? png : of(image);
        } catch (IOException e) {
            return png; // damaged
        }
    }
}
