package dev.kinglet.infer;

import dev.kinglet.image.RgbImage;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** Images of {@code java.awt} as {@link RgbImage}. */
final class BufferedImages {
    private BufferedImages() {}

    /** The colors in sRGB, without alpha. Gray values stay as they are: Java would convert them from linear light. */
    static RgbImage rgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            if (isGray(image.getColorModel())) {
                gray(image, y, row);
            } else {
                image.getRGB(0, y, width, 1, row, 0, width);
            }
            int to = 3 * y * width;
            for (int pixel : row) {
                rgb[to++] = (byte) (pixel >> 16);
                rgb[to++] = (byte) (pixel >> 8);
                rgb[to++] = (byte) pixel;
            }
        }
        return new RgbImage(width, height, rgb);
    }

    private static boolean isGray(ColorModel model) {
        return !(model instanceof IndexColorModel)
                && model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && model.getComponentSize(0) >= Byte.SIZE;
    }

    private static void gray(BufferedImage image, int y, int[] row) {
        Raster raster = image.getRaster();
        raster.getSamples(0, y, row.length, 1, 0, row);
        int excess = image.getColorModel().getComponentSize(0) - Byte.SIZE; // of 16 bits the upper 8
        for (int x = 0; x < row.length; x++) {
            row[x] = 0x010101 * (row[x] >> excess);
        }
    }
}
