package dev.kinglet.image;

import dev.kinglet.network.Interpolation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Resizes as Pillow does, to the last bit: two passes, along the rows and then down the columns, each a weighted mean of
 * the source pixels under a filter as wide as the scale, in fixed point and rounded to bytes in between (Pillow's
 * {@code Resample.c}, 8 bits a channel).
 */
public final class Resampler {
    /*
     * One pass over the rows of the result. A source row is resampled along its length when the first row of the result
     * needs it, and kept in a ring as high as the tallest window: the image in between is never whole, and stays in the
     * processor's cache.
     *
     * All that multiplies is a loop over ints of one channel, without branches, which the virtual machine turns into
     * vector instructions. Along a row that takes two steps a tap: each position's pixel is gathered, four bytes at once,
     * and then all positions are weighted. So every position has as many taps, some of weight 0.
     *
     * Only the window asked for is computed. Every pixel depends on the source alone, so cutting a window out of the
     * resized image and resizing only that window give the same bytes.
     */

    /** A pixel and the byte after it, in one read: red is lowest. */
    private static final VarHandle PIXEL = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Weights have this many fractional bits: 32 less 8 for the value and 2 for overshoot and sign. */
    private static final int FRACTION_BITS = 22;

    private static final int ONE_HALF = 1 << (FRACTION_BITS - 1);

    private Resampler() {}

    /**
     * The whole image at another size.
     *
     * @param width of the result, in pixels
     * @param height of the result, in pixels
     * @throws IllegalArgumentException if the size is not positive, or is more than an array holds
     */
    public static RgbImage resize(RgbImage image, int width, int height, Interpolation interpolation) {
        return resize(image, Box.of(image), width, height, interpolation);
    }

    /**
     * A part of the image at another size: cut out first, so that no pixel outside the part has a say, then resized.
     *
     * @throws IllegalArgumentException if the part does not lie in the image, or the size is not positive or is more
     *     than an array holds
     */
    public static RgbImage resize(RgbImage image, Box part, int width, int height, Interpolation interpolation) {
        return resize(image, part, width, height, new Box(0, 0, width, height), interpolation);
    }

    /** Of the resized part, {@code width} by {@code height}, only what {@code window} covers. */
    static RgbImage resize(RgbImage image, Box part, int width, int height, Box window, Interpolation interpolation) {
        if (!Box.of(image).contains(part)) {
            throw new IllegalArgumentException(part + " does not lie in an image of " + image);
        }
        if (!new Box(0, 0, width, height).contains(window)) {
            throw new IllegalArgumentException(window + " does not lie in a result of " + width + "x" + height);
        }
        long bytes = 3L * window.width() * window.height();
        if (bytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException(
                    "an image of " + window.width() + "x" + window.height() + " pixels is more than an array holds");
        }
        if (part.width() == width && part.height() == height) {
            return image.cut(part.left() + window.left(), part.top() + window.top(), window.width(), window.height());
        }
        Axis across = Axis.of(part.width(), width, window.left(), window.width(), interpolation);
        Axis down = Axis.of(part.height(), height, window.top(), window.height(), interpolation);
        Row[] ring = new Row[down.taps];
        Arrays.setAll(ring, i -> new Row(window.width()));
        Row sums = new Row(window.width());
        int[] pixels = new int[window.width()];
        byte[] result = new byte[(int) bytes];
        int next = down.first[0]; // source row, from the part's top, that is resampled next
        for (int y = 0; y < window.height(); y++) {
            int first = down.first[y];
            for (; next < first + down.taps; next++) {
                across.resample(image, part.left(), part.top() + next, pixels, ring[next % ring.length]);
            }
            sums.clear();
            for (int tap = 0; tap < down.taps; tap++) {
                sums.add(ring[(first + tap) % ring.length], down.weights[tap][y]);
            }
            sums.round();
            sums.store(result, y * 3 * window.width());
        }
        return new RgbImage(window.width(), window.height(), result);
    }

    /** Weighted sums of one row, channel by channel; bytes once they are rounded. */
    private static final class Row {
        private final int[] red;
        private final int[] green;
        private final int[] blue;

        Row(int width) {
            this.red = new int[width];
            this.green = new int[width];
            this.blue = new int[width];
        }

        void clear() {
            Arrays.fill(red, ONE_HALF);
            Arrays.fill(green, ONE_HALF);
            Arrays.fill(blue, ONE_HALF);
        }

        void add(Row other, int weight) {
            add(other.red, weight, red);
            add(other.green, weight, green);
            add(other.blue, weight, blue);
        }

        private static void add(int[] values, int weight, int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += values[i] * weight;
            }
        }

        /** @param pixels red in the lowest byte, then green and blue; what is above them has no say */
        void add(int[] pixels, int[] weights) {
            for (int i = 0; i < pixels.length; i++) {
                red[i] += (pixels[i] & 0xff) * weights[i];
                green[i] += (pixels[i] >> 8 & 0xff) * weights[i];
                blue[i] += (pixels[i] >> 16 & 0xff) * weights[i];
            }
        }

        void round() {
            round(red);
            round(green);
            round(blue);
        }

        private static void round(int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] = toByte(sums[i]);
            }
        }

        /** Clipped by signs: unlike {@code Math.min} and {@code max}, these become vector instructions on JDK 17. */
        private static int toByte(int sum) {
            int value = sum >> FRACTION_BITS;
            int notNegative = value & ~(value >> 31);
            return (notNegative | (255 - notNegative) >> 31) & 0xff;
        }

        void store(byte[] result, int start) {
            int at = start;
            for (int i = 0; i < red.length; i++) {
                result[at] = (byte) red[i];
                result[at + 1] = (byte) green[i];
                result[at + 2] = (byte) blue[i];
                at += 3;
            }
        }
    }

    /** The filter along one axis: for each position of the result, its source positions and their weights. */
    private static final class Axis {
        /** The number of source positions of each. */
        final int taps;
        /** {@code [positions]}, the first source position. */
        final int[] first;
        /** {@code [taps][positions]}; 0 for a source position that does not count. */
        final int[][] weights;

        private Axis(int taps, int[] first) {
            this.taps = taps;
            this.first = first;
            this.weights = new int[taps][first.length];
        }

        /** Positions {@code from} to {@code from + positions} of {@code in} pixels resized to {@code out}. */
        static Axis of(int in, int out, int from, int positions, Interpolation interpolation) {
            double scale = (double) in / out;
            double filterScale = Math.max(scale, 1);
            double support = reach(interpolation) * filterScale;
            double step = 1 / filterScale;
            int[] first = new int[positions];
            int[] counts = new int[positions];
            int most = 0;
            for (int i = 0; i < positions; i++) {
                double center = (from + i + 0.5) * scale;
                first[i] = Math.max(0, (int) (center - support + 0.5));
                counts[i] = Math.min(in, (int) (center + support + 0.5)) - first[i];
                most = Math.max(most, counts[i]);
            }
            Axis axis = new Axis(most, first);
            double[] exact = new double[most];
            for (int i = 0; i < positions; i++) {
                double center = (from + i + 0.5) * scale;
                double sum = 0;
                for (int tap = 0; tap < counts[i]; tap++) {
                    exact[tap] = weight(interpolation, (tap + first[i] - center + 0.5) * step);
                    sum += exact[tap];
                }
                int idle = Math.max(0, first[i] + most - in); // taps of weight 0 that would lie beyond the far end
                first[i] -= idle;
                for (int tap = 0; tap < counts[i]; tap++) {
                    axis.weights[idle + tap][i] = fixedPoint(exact[tap] / sum);
                }
            }
            return axis;
        }

        /** Rounds half away from zero. */
        private static int fixedPoint(double weight) {
            double scaled = weight * (1 << FRACTION_BITS);
            return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }

        private static int reach(Interpolation interpolation) {
            return switch (interpolation) {
                case BILINEAR -> 1;
                case BICUBIC -> 2;
            };
        }

        private static double weight(Interpolation interpolation, double position) {
            double x = Math.abs(position);
            return switch (interpolation) {
                case BILINEAR -> x < 1 ? 1 - x : 0;
                case BICUBIC -> cubic(x);
            };
        }

        /** Keys' cubic convolution with a = -0.5. */
        private static double cubic(double x) {
            double a = -0.5;
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }

        /**
         * One row of the source, from column {@code left}, into one of the result.
         *
         * @param pixels room for as many pixels as there are positions
         */
        void resample(RgbImage image, int left, int y, int[] pixels, Row row) {
            byte[] source = image.rgb();
            int start = 3 * (y * image.width() + left);
            if (y == image.height() - 1) { // nothing comes after the image's last pixel
                source = Arrays.copyOfRange(source, start, source.length + 1);
                start = 0;
            }
            row.clear();
            for (int tap = 0; tap < taps; tap++) {
                gather(source, start + 3 * tap, pixels);
                row.add(pixels, weights[tap]);
            }
            row.round();
        }

        private void gather(byte[] source, int start, int[] pixels) {
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (int) PIXEL.get(source, start + 3 * first[i]);
            }
        }
    }
}
