package dev.kinglet.infer;

import dev.kinglet.image.Normalizer;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.InputType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * Conversion of prepared images (HWC) to a file's input (CHW): normalized float32 numbers or uint8 pixels. Safe for several
 * threads.
 */
sealed interface Feed {
    /** Puts one image, {@code [3, height, width]}, into {@code result} from its position, which advances past it. */
    void put(RgbImage image, ByteBuffer result);

    /**
     * Puts several images of one size.
     *
     * @param pixels {@code [images, height, width, 3]} from position 0; position and limit stay
     * @param pixelsEach height times width
     * @param result receives {@code [images, 3, height, width]} from its position, which advances past them
     */
    void put(ByteBuffer pixels, int images, int pixelsEach, ByteBuffer result);

    static Feed of(InputType type, Preprocessing preprocessing) {
        return switch (type) {
            case FLOAT32 -> new Floats(new Normalizer(preprocessing));
            case UINT8 -> new Bytes();
        };
    }

    /** Normalized float32 numbers. */
    record Floats(Normalizer normalizer) implements Feed {
        @Override
        public void put(RgbImage image, ByteBuffer result) {
            FloatBuffer floats = result.asFloatBuffer();
            normalizer.normalize(image, floats);
            advance(result, floats);
        }

        @Override
        public void put(ByteBuffer pixels, int images, int pixelsEach, ByteBuffer result) {
            FloatBuffer floats = result.asFloatBuffer();
            normalizer.normalize(pixels, images, pixelsEach, floats);
            advance(result, floats);
        }

        private static void advance(ByteBuffer result, FloatBuffer floats) {
            result.position(result.position() + floats.position() * Float.BYTES);
        }
    }

    /** Unchanged uint8 pixels. */
    record Bytes() implements Feed {
        @Override
        public void put(RgbImage image, ByteBuffer result) {
            put(image.rgb(), new byte[image.width() * image.height()], result);
        }

        @Override
        public void put(ByteBuffer pixels, int images, int pixelsEach, ByteBuffer result) {
            byte[] rgb = new byte[3 * pixelsEach];
            byte[] plane = new byte[pixelsEach];
            for (int image = 0; image < images; image++) {
                pixels.get(image * rgb.length, rgb);
                put(rgb, plane, result);
            }
        }

        private static void put(byte[] rgb, byte[] plane, ByteBuffer result) {
            for (int channel = 0; channel < 3; channel++) {
                for (int i = 0; i < plane.length; i++) {
                    plane[i] = rgb[3 * i + channel];
                }
                result.put(plane);
            }
        }
    }
}
