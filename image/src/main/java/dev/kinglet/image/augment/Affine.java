package dev.kinglet.image.augment;

import dev.kinglet.image.RgbImage;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Where each pixel of a result comes from: what is seen at (x, y) was at {@code (a x + b y + c, d x + e y + f)}, with pixels
 * at half coordinates. Applied as Pillow's {@code Image.transform(size, AFFINE, ...)} does, to the last bit.
 */
record Affine(double a, double b, double c, double d, double e, double f) {
    /*
     * Pillow has three ways, and they differ in their rounding. Nearest without a turn or shear follows the coordinates by
     * adding up doubles, nearest otherwise by adding up 16.16 fixed point numbers; bilinear and bicubic compute each
     * coordinate anew. Bilinear and bicubic cut fractions off where the resampler rounds them.
     */
    private static final double FIXED_ONE = 65536;

    /** Pillow's rotate works with a matrix of 15 decimals, so that quarter turns are exact. */
    private static final int DECIMALS = 15;

    /** A turn about the center, counter-clockwise (Pillow's {@code Image.rotate}). */
    static Affine rotation(double degrees, int width, int height) {
        double turns = degrees % 360;
        double angle = -Math.toRadians(turns < 0 ? turns + 360 : turns);
        double cos = rounded(Math.cos(angle));
        double sin = rounded(Math.sin(angle));
        double x = width / 2.0;
        double y = height / 2.0;
        return new Affine(cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
    }

    static Affine shearX(double factor) {
        return new Affine(1, factor, 0, 0, 1, 0);
    }

    static Affine shearY(double factor) {
        return new Affine(1, 0, 0, factor, 1, 0);
    }

    /** Moves the content left by {@code x} and up by {@code y} pixels. */
    static Affine translation(double x, double y) {
        return new Affine(1, 0, x, 0, 1, y);
    }

    private static double rounded(double value) {
        return new BigDecimal(value).setScale(DECIMALS, RoundingMode.HALF_EVEN).doubleValue();
    }

    /** The image seen through this, of the same size; {@code fill} where it has no pixels. */
    RgbImage apply(RgbImage image, Sampling sampling, RgbColor fill) {
        byte[] result = new byte[image.rgb().length];
        for (int i = 0; i < result.length; i += 3) {
            result[i] = (byte) fill.red();
            result[i + 1] = (byte) fill.green();
            result[i + 2] = (byte) fill.blue();
        }
        switch (sampling) {
            case NEAREST -> {
                if (b == 0 && d == 0) {
                    nearestStraight(image, result);
                } else {
                    nearest(image, result);
                }
            }
            case BILINEAR, BICUBIC -> between(image, sampling, result);
        }
        return new RgbImage(image.width(), image.height(), result);
    }

    private void nearestStraight(RgbImage image, byte[] result) {
        double y = f + e * 0.5;
        for (int row = 0; row < image.height(); row++, y += e) {
            double x = c + a * 0.5;
            for (int column = 0; column < image.width(); column++, x += a) {
                if (x >= 0 && y >= 0 && x < image.width() && y < image.height()) {
                    copy(image, (int) x, (int) y, result, 3 * (row * image.width() + column));
                }
            }
        }
    }

    private void nearest(RgbImage image, byte[] result) {
        int fixedA = fixed(a);
        int fixedD = fixed(d);
        int rowX = fixed(c + a * 0.5 + b * 0.5);
        int rowY = fixed(f + d * 0.5 + e * 0.5);
        int to = 0;
        for (int row = 0; row < image.height(); row++) {
            int x = rowX;
            int y = rowY;
            for (int column = 0; column < image.width(); column++, to += 3) {
                int fromX = x >> 16;
                int fromY = y >> 16;
                if (fromX >= 0 && fromX < image.width() && fromY >= 0 && fromY < image.height()) {
                    copy(image, fromX, fromY, result, to);
                }
                x += fixedA;
                y += fixedD;
            }
            rowX += fixed(b);
            rowY += fixed(e);
        }
    }

    private static int fixed(double value) {
        return (int) Math.floor(value * FIXED_ONE + 0.5);
    }

    private static void copy(RgbImage image, int x, int y, byte[] result, int to) {
        System.arraycopy(image.rgb(), 3 * (y * image.width() + x), result, to, 3);
    }

    private void between(RgbImage image, Sampling sampling, byte[] result) {
        boolean cubic = sampling == Sampling.BICUBIC;
        int width = image.width();
        int height = image.height();
        int[] columns = new int[4]; // byte offsets in a row
        int to = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++, to += 3) {
                double x = a * (column + 0.5) + b * (row + 0.5) + c;
                double y = d * (column + 0.5) + e * (row + 0.5) + f;
                if (!(x >= 0 && x < width && y >= 0 && y < height)) {
                    continue;
                }
                int left = (int) Math.floor(x - 0.5);
                int top = (int) Math.floor(y - 0.5);
                double right = x - 0.5 - left; // fraction of the way to the next pixel
                double down = y - 0.5 - top;
                if (cubic) {
                    for (int i = 0; i < 4; i++) {
                        columns[i] = 3 * clip(left - 1 + i, width);
                    }
                    for (int channel = 0; channel < 3; channel++) {
                        result[to + channel] = bicubic(image, columns, channel, top - 1, right, down);
                    }
                } else {
                    int first = 3 * clip(left, width);
                    int second = 3 * clip(left + 1, width);
                    int upper = 3 * width * clip(top, height);
                    int lower = top + 1 < height ? 3 * width * (top + 1) : upper;
                    for (int channel = 0; channel < 3; channel++) {
                        double above = linear(image.rgb(), upper + channel, first, second, right);
                        double below = linear(image.rgb(), lower + channel, first, second, right);
                        result[to + channel] = (byte) (int) (above + (below - above) * down);
                    }
                }
            }
        }
    }

    private static double linear(byte[] rgb, int row, int first, int second, double fraction) {
        int from = rgb[row + first] & 0xff;
        return from + ((rgb[row + second] & 0xff) - from) * fraction;
    }

    private static byte bicubic(RgbImage image, int[] columns, int channel, int top, double right, double down) {
        double first = alongRow(image, columns, channel, clip(top, image.height()), right);
        double second = orBefore(image, columns, channel, top + 1, right, first);
        double third = orBefore(image, columns, channel, top + 2, right, second);
        double fourth = orBefore(image, columns, channel, top + 3, right, third);
        return (byte) (int) Math.max(0, Math.min(255, cubic(first, second, third, fourth, down)));
    }

    /** The row's value, or outside the image that of the row before. */
    private static double orBefore(RgbImage image, int[] columns, int channel, int row, double right, double before) {
        return row >= 0 && row < image.height() ? alongRow(image, columns, channel, row, right) : before;
    }

    private static double alongRow(RgbImage image, int[] columns, int channel, int row, double fraction) {
        byte[] rgb = image.rgb();
        int start = 3 * image.width() * row + channel;
        return cubic(
                rgb[start + columns[0]] & 0xff,
                rgb[start + columns[1]] & 0xff,
                rgb[start + columns[2]] & 0xff,
                rgb[start + columns[3]] & 0xff,
                fraction);
    }

    /** Keys' cubic convolution with a = -1, which is not the resampler's. */
    private static double cubic(double v1, double v2, double v3, double v4, double fraction) {
        double linear = v3 - v1;
        double square = 2 * (v1 - v2) + v3 - v4;
        double cube = -v1 + v2 - v3 + v4;
        return v2 + fraction * (linear + fraction * (square + fraction * cube));
    }

    private static int clip(int position, int size) {
        return Math.max(0, Math.min(size - 1, position));
    }
}
