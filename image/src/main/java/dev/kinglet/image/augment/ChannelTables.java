package dev.kinglet.image.augment;

import dev.kinglet.image.RgbImage;
import java.util.function.IntUnaryOperator;

/**
 * Lookup tables by which each value of a channel is replaced, wherever it stands: Pillow's point operations ({@code ImageOps},
 * {@code ImageEnhance}) to the last bit.
 */
final class ChannelTables {
    private final byte[] red;
    private final byte[] green;
    private final byte[] blue;

    private ChannelTables(byte[] red, byte[] green, byte[] blue) {
        this.red = red;
        this.green = green;
        this.blue = blue;
    }

    RgbImage apply(RgbImage image) {
        byte[] from = image.rgb();
        byte[] to = new byte[from.length];
        for (int i = 0; i < from.length; i += 3) {
            to[i] = red[from[i] & 0xff];
            to[i + 1] = green[from[i + 1] & 0xff];
            to[i + 2] = blue[from[i + 2] & 0xff];
        }
        return new RgbImage(image.width(), image.height(), to);
    }

    static ChannelTables invert() {
        return same(value -> 255 - value);
    }

    /** @param bits the highest so many stay; with 0 the image is black */
    static ChannelTables posterize(int bits) {
        return same(value -> value & -(1 << (8 - bits)));
    }

    /** Inverts values from {@code threshold} on. */
    static ChannelTables solarize(int threshold) {
        return same(value -> value < threshold ? value : 255 - value);
    }

    /** Adds to values below 128. */
    static ChannelTables solarizeAdd(int add) {
        return same(value -> value < 128 ? Math.min(255, value + add) : value);
    }

    static ChannelTables brightness(double factor) {
        return same(value -> Blend.of(0, value, (float) factor));
    }

    /** Towards the image's mean brightness, or away from it. */
    static ChannelTables contrast(RgbImage image, double factor) {
        long sum = 0;
        byte[] rgb = image.rgb();
        for (int i = 0; i < rgb.length; i += 3) {
            sum += Blend.gray(rgb, i);
        }
        int mean = (int) (3.0 * sum / rgb.length + 0.5);
        return same(value -> Blend.of(mean, value, (float) factor));
    }

    /** Spreads each channel so that its lowest value becomes 0 and its highest 255. */
    static ChannelTables autoContrast(RgbImage image) {
        byte[][] tables = new byte[3][];
        for (int channel = 0; channel < 3; channel++) {
            int[] histogram = histogram(image, channel);
            int low = 0;
            int high = 255;
            while (histogram[low] == 0) {
                low++;
            }
            while (histogram[high] == 0) {
                high--;
            }
            double scale = 255.0 / (high - low);
            double offset = -low * scale;
            tables[channel] = low == high ? table(value -> value) : table(value -> (int) (value * scale + offset));
        }
        return new ChannelTables(tables[0], tables[1], tables[2]);
    }

    /** Makes each channel's values about equally frequent. */
    static ChannelTables equalize(RgbImage image) {
        byte[][] tables = new byte[3][];
        for (int channel = 0; channel < 3; channel++) {
            int[] histogram = histogram(image, channel);
            int last = 255;
            while (histogram[last] == 0) {
                last--;
            }
            int step = (image.rgb().length / 3 - histogram[last]) / 255;
            int[] below = new int[256]; // values that come before, and half a step
            for (int value = 0, sum = step / 2; value < 256; sum += histogram[value++]) {
                below[value] = sum;
            }
            tables[channel] = step == 0 ? table(value -> value) : table(value -> below[value] / step);
        }
        return new ChannelTables(tables[0], tables[1], tables[2]);
    }

    /** Adds a number to each channel, and rounds. */
    static ChannelTables shift(double addRed, double addGreen, double addBlue) {
        return new ChannelTables(
                table(value -> (int) Math.rint(value + addRed)),
                table(value -> (int) Math.rint(value + addGreen)),
                table(value -> (int) Math.rint(value + addBlue)));
    }

    private static int[] histogram(RgbImage image, int channel) {
        int[] counts = new int[256];
        byte[] rgb = image.rgb();
        for (int i = channel; i < rgb.length; i += 3) {
            counts[rgb[i] & 0xff]++;
        }
        return counts;
    }

    private static ChannelTables same(IntUnaryOperator function) {
        byte[] table = table(function);
        return new ChannelTables(table, table, table);
    }

    /** The function's values, clipped to bytes. */
    private static byte[] table(IntUnaryOperator function) {
        byte[] table = new byte[256];
        for (int value = 0; value < 256; value++) {
            table[value] = (byte) Math.max(0, Math.min(255, function.applyAsInt(value)));
        }
        return table;
    }
}
