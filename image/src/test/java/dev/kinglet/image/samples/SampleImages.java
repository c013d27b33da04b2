package dev.kinglet.image.samples;

import dev.kinglet.image.RgbImage;
import java.util.Arrays;
import java.util.Random;

/** SampleImages for tests, drawn. */
public final class SampleImages {
    private SampleImages() {}

    /** Every byte random. */
    public static RgbImage noise(int width, int height, long seed) {
        byte[] rgb = new byte[3 * width * height];
        new Random(seed).nextBytes(rgb);
        return new RgbImage(width, height, rgb);
    }

    /** One color everywhere. */
    public static RgbImage flat(int width, int height, int red, int green, int blue) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new RgbImage(width, height, rgb);
    }

    /** Red counts columns and green rows, both from 1; blue is 255. */
    public static RgbImage coordinates(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) 255);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                rgb[3 * (y * width + x)] = (byte) (x + 1);
                rgb[3 * (y * width + x) + 1] = (byte) (y + 1);
            }
        }
        return new RgbImage(width, height, rgb);
    }

    public static int red(RgbImage image, int x, int y) {
        return image.rgb()[3 * (y * image.width() + x)] & 0xff;
    }

    public static int green(RgbImage image, int x, int y) {
        return image.rgb()[3 * (y * image.width() + x) + 1] & 0xff;
    }
}
