package dev.kinglet.data;

import dev.kinglet.network.Interpolation;
import java.util.Arrays;

/**
 * Resizes as Pillow does, to the last bit: two passes, along the rows and then down the columns, each a weighted mean of
 * the source pixels under a filter as wide as the scale, in fixed point and rounded to bytes in between (Pillow's
 * {@code Resample.c}, 8 bits a channel).
 */
public final class Resampler {
    /*
     * One pass over the rows of the result. A source row is resampled along its length when the first row of the result
     * needs it, and kept in a ring as high as the tallest window: the picture in between is never whole, and stays in the
     * processor's cache. The ring holds bytes as ints because the second pass then runs in vector instructions.
     *
     * Only the window asked for is computed. Every pixel depends on the source alone, so cutting a window out of the
     * resized picture and resizing only that window give the same bytes.
     */

    /** Weights have this many fractional bits: 32 less 8 for the value and 2 for overshoot and sign. */
    private static final int FRACTION_BITS = 22;

    private static final int ONE_HALF = 1 << (FRACTION_BITS - 1);

    private Resampler() {}

    /**
     * The whole picture at another size.
     *
     * @param width of the result, in pixels
     * @param height of the result, in pixels
     * @throws IllegalArgumentException if the size is not positive, or is more than an array holds
     */
    public static RgbImage resize(RgbImage image, int width, int height, Interpolation interpolation) {
        return resize(image, Box.of(image), width, height, interpolation);
    }

    /**
     * A part of the picture at another size: cut out first, so that no pixel outside the part has a say, then resized.
     *
     * @throws IllegalArgumentException if the part does not lie in the picture, or the size is not positive or is more
     *     than an array holds
     */
    public static RgbImage resize(RgbImage image, Box part, int width, int height, Interpolation interpolation) {
        return resize(image, part, width, height, new Box(0, 0, width, height), interpolation);
    }

    /** Of the resized part, {@code width} by {@code height}, only what {@code window} covers. */
    static RgbImage resize(RgbImage image, Box part, int width, int height, Box window, Interpolation interpolation) {
        if (!Box.of(image).contains(part)) {
            throw new IllegalArgumentException(part + " does not lie in a picture of " + image);
        }
        if (!new Box(0, 0, width, height).contains(window)) {
            throw new IllegalArgumentException(window + " does not lie in a result of " + width + "x" + height);
        }
        long bytes = 3L * window.width() * window.height();
        if (bytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException(
                    "a picture of " + window.width() + "x" + window.height() + " pixels is more than an array holds");
        }
        if (part.width() == width && part.height() == height) {
            return image.cut(part.left() + window.left(), part.top() + window.top(), window.width(), window.height());
        }
        Axis across = Axis.of(part.width(), width, window.left(), window.width(), interpolation);
        Axis down = Axis.of(part.height(), height, window.top(), window.height(), interpolation);
        byte[] source = image.rgb();
        int[][] ring = new int[down.stride][3 * window.width()];
        int[] sums = new int[3 * window.width()];
        byte[] result = new byte[(int) bytes];
        int next = down.first[0]; // source row, from the part's top, that is resampled next
        for (int y = 0; y < window.height(); y++) {
            int first = down.first[y];
            int end = first + down.taps[y];
            for (; next < end; next++) {
                int start = 3 * ((part.top() + next) * image.width() + part.left());
                across.resample(source, start, ring[next % ring.length]);
            }
            Arrays.fill(sums, ONE_HALF);
            for (int tap = 0; tap < down.taps[y]; tap++) {
                addWeighted(ring[(first + tap) % ring.length], down.weights[y * down.stride + tap], sums);
            }
            store(sums, result, y * sums.length);
        }
        return new RgbImage(window.width(), window.height(), result);
    }

    private static void addWeighted(int[] row, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += row[i] * weight;
        }
    }

    private static void store(int[] sums, byte[] result, int start) {
        for (int i = 0; i < sums.length; i++) {
            result[start + i] = (byte) toByte(sums[i]);
        }
    }

    private static int toByte(int sum) {
        return Math.max(0, Math.min(255, sum >> FRACTION_BITS));
    }

    /** Along one axis: for each position of the result, which source positions it is made of, and their weights. */
    private static final class Axis {
        /** {@code [positions]}, the first source position. */
        final int[] first;
        /** {@code [positions]}, how many. */
        final int[] taps;
        /** {@code [positions][stride]} in one, of which the first {@code taps} are used. */
        final int[] weights;

        final int stride;

        private Axis(int positions, int stride) {
            this.first = new int[positions];
            this.taps = new int[positions];
            this.weights = new int[Math.multiplyExact(positions, stride)];
            this.stride = stride;
        }

        /** Positions {@code from} to {@code from + positions} of {@code in} pixels resized to {@code out}. */
        static Axis of(int in, int out, int from, int positions, Interpolation interpolation) {
            double scale = (double) in / out;
            double filterScale = Math.max(scale, 1);
            double support = reach(interpolation) * filterScale;
            double step = 1 / filterScale;
            Axis axis = new Axis(positions, (int) Math.ceil(support) * 2 + 1);
            double[] exact = new double[axis.stride];
            for (int i = 0; i < positions; i++) {
                double centre = (from + i + 0.5) * scale;
                int first = Math.max(0, (int) (centre - support + 0.5));
                int taps = Math.min(in, (int) (centre + support + 0.5)) - first;
                double sum = 0;
                for (int tap = 0; tap < taps; tap++) {
                    exact[tap] = weight(interpolation, (tap + first - centre + 0.5) * step);
                    sum += exact[tap];
                }
                for (int tap = 0; tap < taps; tap++) {
                    axis.weights[i * axis.stride + tap] = fixedPoint(exact[tap] / sum);
                }
                axis.first[i] = first;
                axis.taps[i] = taps;
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

        /** One row of the source, from byte {@code start}, into one row of the result. */
        void resample(byte[] source, int start, int[] row) {
            for (int x = 0; x < first.length; x++) {
                int at = start + 3 * first[x];
                int red = ONE_HALF;
                int green = ONE_HALF;
                int blue = ONE_HALF;
                int end = x * stride + taps[x];
                for (int tap = x * stride; tap < end; tap++) {
                    int weight = weights[tap];
                    red += (source[at] & 0xff) * weight;
                    green += (source[at + 1] & 0xff) * weight;
                    blue += (source[at + 2] & 0xff) * weight;
                    at += 3;
                }
                row[3 * x] = toByte(red);
                row[3 * x + 1] = toByte(green);
                row[3 * x + 2] = toByte(blue);
            }
        }
    }
}
