package dev.kinglet.image;

import dev.kinglet.network.Preprocessing;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * Conversion of bytes to the network's input: {@code (value / 255 - mean) / std} by channel, and the channels from innermost to
 * outermost. Immutable and safe for several threads.
 */
public final class Normalizer {
    private final float[][] table;

    public Normalizer(Preprocessing preprocessing) {
        this.table = preprocessing.normalized();
    }

    /**
     * Normalizes images of one size.
     *
     * @param pixels {@code [images, height, width, 3]} bytes from position 0; position and limit stay
     * @param images how many images
     * @param pixelsEach height times width
     * @param result receives {@code [images, 3, height, width]} from its position, which advances past them
     * @throws IllegalArgumentException if {@code pixels} holds fewer images
     * @throws BufferOverflowException if {@code result} has less room
     */
    public void normalize(ByteBuffer pixels, int images, int pixelsEach, FloatBuffer result) {
        long bytes = 3L * images * pixelsEach;
        if (bytes > pixels.limit()) {
            throw new IllegalArgumentException(images + " images of " + pixelsEach + " pixels are " + bytes
                    + " bytes, and there are " + pixels.limit());
        }
        byte[] rgb = new byte[3 * pixelsEach];
        float[] plane = new float[pixelsEach];
        for (int image = 0; image < images; image++) {
            pixels.get(image * rgb.length, rgb);
            normalize(rgb, plane, result);
        }
    }

    /** {@code [3, height, width]} of one image, into {@code result} from its position, which advances past it. */
    public void normalize(RgbImage image, FloatBuffer result) {
        normalize(image.rgb(), new float[image.width() * image.height()], result);
    }

    private void normalize(byte[] rgb, float[] plane, FloatBuffer result) {
        for (int channel = 0; channel < 3; channel++) {
            float[] values = table[channel];
            for (int i = 0; i < plane.length; i++) {
                plane[i] = values[rgb[3 * i + channel] & 0xff];
            }
            result.put(plane);
        }
    }
}
