package dev.kinglet.image.augment;

import dev.kinglet.image.Batch;
import dev.kinglet.image.Box;
import dev.kinglet.image.RandomStreams;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Each image of a batch mixed with another: MixUp (Zhang et al., 2018) blends the two, CutMix (Yun et al., 2019) puts a
 * rectangle of the other into the first. As in timm there is one fraction for a batch, from Beta(alpha, alpha), and an image's
 * partner is that from the other end; where both are asked for, each batch takes one of them, as likely as the other.
 *
 * @param mixup alpha of MixUp; 0: none
 * @param cutmix alpha of CutMix; 0: none
 */
public record BatchMixing(double mixup, double cutmix) {
    /** Batches stay as they are. */
    public static final BatchMixing NONE = new BatchMixing(0, 0);

    public BatchMixing {
        requireAlpha("mixup", mixup);
        requireAlpha("cutmix", cutmix);
    }

    private static void requireAlpha(String name, double alpha) {
        if (!(alpha >= 0 && alpha < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " is the alpha of a Beta distribution, 0 or more, not " + alpha);
        }
    }

    /**
     * The batch, mixed in its own buffer; the randomness depends on the three numbers only.
     *
     * @param number of the batch in its epoch
     */
    public Batch apply(Batch batch, long seed, int epoch, int number) {
        return equals(NONE) ? batch : apply(batch, RandomStreams.ofBatch(seed, epoch, number));
    }

    Batch apply(Batch batch, RandomGenerator random) {
        boolean cut = mixup == 0 || (cutmix > 0 && random.nextBoolean());
        double fraction = beta(cut ? cutmix : mixup, random);
        if (cut) {
            Optional<Box> hole = hole(fraction, batch.imageSize(), random);
            hole.ifPresent(box -> swap(batch, box));
            fraction = 1
                    - hole.map(box -> (double) box.width() * box.height() / pixels(batch))
                            .orElse(0.0);
        } else {
            blend(batch, (float) fraction);
        }
        int[] others = new int[batch.size()];
        for (int i = 0; i < others.length; i++) {
            others[i] = batch.labels()[others.length - 1 - i];
        }
        return batch.mixed(others, fraction);
    }

    private static double pixels(Batch batch) {
        return (double) batch.imageSize() * batch.imageSize();
    }

    /**
     * The rectangle that comes from the other image: of the image's proportion, of {@code 1 - fraction} of its area, and
     * less where it would reach over the border; empty if it has no pixel.
     */
    static Optional<Box> hole(double fraction, int side, RandomGenerator random) {
        int reach = (int) (side * Math.sqrt(1 - fraction)) / 2;
        int y = random.nextInt(side);
        int x = random.nextInt(side);
        if (reach == 0) {
            return Optional.empty();
        }
        int top = Math.max(0, y - reach);
        int left = Math.max(0, x - reach);
        return Optional.of(new Box(left, top, Math.min(side, x + reach) - left, Math.min(side, y + reach) - top));
    }

    /** Exchanges the box between each image and its partner; the middle one of an odd number has none. */
    private static void swap(Batch batch, Box box) {
        ByteBuffer pixels = batch.pixels();
        int side = batch.imageSize();
        byte[] first = new byte[3 * box.width()];
        byte[] second = new byte[3 * box.width()];
        for (int i = 0; i < batch.size() / 2; i++) {
            for (int y = box.top(); y < box.top() + box.height(); y++) {
                int from = 3 * ((i * side + y) * side + box.left());
                int to = 3 * (((batch.size() - 1 - i) * side + y) * side + box.left());
                pixels.get(from, first).get(to, second);
                pixels.put(from, second).put(to, first);
            }
        }
    }

    /** Each image and its partner, in float32 and rounded half to even, as timm does with bytes. */
    private static void blend(Batch batch, float fraction) {
        ByteBuffer pixels = batch.pixels();
        byte[] first = new byte[3 * batch.imageSize() * batch.imageSize()];
        byte[] second = new byte[first.length];
        float[] much = new float[256];
        float[] little = new float[256];
        for (int value = 0; value < 256; value++) {
            much[value] = value * fraction;
            little[value] = value * (1 - fraction);
        }
        for (int i = 0; i < batch.size() / 2; i++) {
            int from = i * first.length;
            int to = (batch.size() - 1 - i) * first.length;
            pixels.get(from, first).get(to, second);
            for (int k = 0; k < first.length; k++) {
                int one = first[k] & 0xff;
                int other = second[k] & 0xff;
                first[k] = (byte) (int) Math.rint(much[one] + little[other]);
                second[k] = (byte) (int) Math.rint(much[other] + little[one]);
            }
            pixels.put(from, first).put(to, second);
        }
    }

    /** From Beta(alpha, alpha): of two equal Gamma numbers, the fraction of the first. */
    static double beta(double alpha, RandomGenerator random) {
        double first = gamma(alpha, random);
        double second = gamma(alpha, random);
        if (first + second == 0) { // both too small for a double: the distribution is all but a coin
            return random.nextBoolean() ? 1 : 0;
        }
        return first / (first + second);
    }

    /** From Gamma(alpha, 1) (Marsaglia and Tsang, 2000; below 1 by a power of a uniform number). */
    private static double gamma(double alpha, RandomGenerator random) {
        if (alpha < 1) {
            return gamma(alpha + 1, random) * Math.pow(1 - random.nextDouble(), 1 / alpha);
        }
        double d = alpha - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = Math.pow(1 + c * x, 3);
            if (v > 0 && Math.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }
}
