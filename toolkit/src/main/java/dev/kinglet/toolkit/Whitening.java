package dev.kinglet.toolkit;

import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.options.TrainConfig;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * Weights of a first convolution whose outputs are uncorrelated and of equal variance on patches of the training images: the
 * eigenvectors of the patches' covariance, each over the root of its eigenvalue, largest eigenvalue first, and then their
 * opposites (Jordan, 2024, arXiv:2404.00498, section 3.2). They depend on the images, the preprocessing and nothing else.
 */
final class Whitening {
    static final int MAX_IMAGES = 5_000; // spread over all
    private static final int MAX_PATCHES = 1_024; // of an image, on a grid
    private static final double EPSILON = 5e-4; // added to eigenvalues; that of the publication

    private final Layer convolution;
    private final double[][] covariance;

    private Whitening(Layer convolution, double[][] covariance) {
        this.convolution = convolution;
        this.covariance = covariance;
    }

    /**
     * The convolution of a network whose weights can be such.
     *
     * @throws IllegalArgumentException if the network does not begin with a convolution that has an even number of filters,
     *     at most two for each value of a patch
     */
    static Layer convolution(Network network) {
        Layer first = network.layers().stream()
                .filter(layer -> layer.inputs().contains(network.input()))
                .findFirst()
                .orElseThrow();
        if (first.op() instanceof Op.Conv conv
                && conv.isDense()
                && conv.out() % 2 == 0
                && conv.out() <= 2 * patchValues(conv)) {
            return first;
        }
        throw new IllegalArgumentException(
                "whiten needs a network that begins with a convolution of an even number of filters, at most two for each"
                        + " value of a patch, such as 24 of 2x2 pixels; that of " + network.name() + " is '"
                        + first.name()
                        + "', "
                        + (first.op() instanceof Op.Conv conv
                                ? conv.out() + " filters of " + conv.window()
                                : "no convolution"));
    }

    private static int patchValues(Op.Conv conv) {
        return conv.in() * conv.window().elements();
    }

    /**
     * The weights for a run.
     *
     * @param convolution as {@link #convolution} finds it
     * @param stop called before each batch; what it throws ends the work
     * @throws CancellationException if the thread is interrupted while it waits for images
     */
    static Whitening of(Layer convolution, TrainConfig config, Dataset training, Runnable stop) throws IOException {
        Op.Conv conv = (Op.Conv) convolution.op();
        Preprocessing preprocessing = config.preprocessing();
        Dataset images = Subset.of(training, Math.min(MAX_IMAGES, training.size()));
        Loader loader = new Loader(
                images,
                Pipeline.evaluation(preprocessing),
                LoaderSettings.evaluation(64, config.machine().workers()));
        Patches patches = new Patches(conv, preprocessing);
        try (Loader.Epoch epoch = loader.epoch(0)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                stop.run();
                patches.add(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted before the run began; nothing was written");
        }
        return new Whitening(convolution, patches.covariance());
    }

    /** Sums over patches of normalized images. */
    private static final class Patches {
        private final int kernel;
        private final double[][] normalized = new double[3][256]; // by channel and byte
        private final double[] patch;
        private final double[][] sums; // upper triangle
        private long count;

        Patches(Op.Conv conv, Preprocessing preprocessing) {
            kernel = conv.window().kernel();
            patch = new double[patchValues(conv)];
            sums = new double[patch.length][patch.length];
            for (int channel = 0; channel < 3; channel++) {
                for (int value = 0; value < 256; value++) {
                    normalized[channel][value] =
                            (value / 255.0 - preprocessing.mean().get(channel))
                                    / preprocessing.std().get(channel);
                }
            }
        }

        void add(Batch batch) {
            int places = batch.imageSize() - kernel + 1;
            int step = (int) Math.max(1, Math.ceil(places / Math.sqrt(MAX_PATCHES)));
            for (int image = 0; image < batch.size(); image++) {
                for (int row = 0; row < places; row += step) {
                    for (int column = 0; column < places; column += step) {
                        read(batch, image, row, column);
                        add();
                    }
                }
            }
        }

        private void read(Batch batch, int image, int row, int column) {
            int side = batch.imageSize();
            int at = 0;
            for (int channel = 0; channel < 3; channel++) {
                for (int y = row; y < row + kernel; y++) {
                    for (int x = column; x < column + kernel; x++) {
                        int value = batch.pixels().get(3 * ((image * side + y) * side + x) + channel) & 0xff;
                        patch[at++] = normalized[channel][value];
                    }
                }
            }
        }

        private void add() {
            for (int i = 0; i < patch.length; i++) {
                for (int j = i; j < patch.length; j++) {
                    sums[i][j] += patch[i] * patch[j];
                }
            }
            count++;
        }

        /** Around zero, which the mean of normalized images is near. */
        double[][] covariance() {
            double[][] full = new double[patch.length][patch.length];
            for (int i = 0; i < patch.length; i++) {
                for (int j = i; j < patch.length; j++) {
                    full[i][j] = sums[i][j] / count;
                    full[j][i] = full[i][j];
                }
            }
            return full;
        }
    }

    /** The model with these weights in its first convolution. */
    Model whitened(Model model) {
        Op.Conv conv = (Op.Conv) convolution.op();
        Eigenvectors vectors = Eigenvectors.of(covariance);
        int size = covariance.length;
        float[] weight = new float[conv.out() * size];
        int half = conv.out() / 2;
        for (int i = 0; i < half; i++) {
            double scale = 1 / Math.sqrt(vectors.values[i] + EPSILON);
            for (int j = 0; j < size; j++) {
                weight[i * size + j] = (float) (scale * vectors.vectors[i][j]);
                weight[(half + i) * size + j] = -weight[i * size + j];
            }
        }
        Map<String, NdArray> tensors = new LinkedHashMap<>(model.tensors().asMap());
        tensors.put(
                convolution.nameOf("weight"), new NdArray.Floats(conv.weight().dims(), weight));
        return new Model(model.network(), new Tensors(tensors), model.card());
    }

    /**
     * Eigenvalues of a symmetric matrix, largest first, and their eigenvectors, of length 1, by Jacobi's rotations (Golub and
     * Van Loan, 2013, section 8.5).
     *
     * @param vectors {@code [eigenvalue][element]}
     */
    @SuppressWarnings("ArrayRecordComponent") // local, never compared
    record Eigenvectors(double[] values, double[][] vectors) {
        private static final int MAX_SWEEPS = 50; // a dozen are enough
        private static final double NEGLIGIBLE = 1e-15; // of the largest element of the diagonal

        static Eigenvectors of(double[][] symmetric) {
            int size = symmetric.length;
            double[][] a = Arrays.stream(symmetric).map(double[]::clone).toArray(double[][]::new);
            double[][] v = new double[size][size]; // columns
            for (int i = 0; i < size; i++) {
                v[i][i] = 1;
            }
            for (int sweep = 0; sweep < MAX_SWEEPS && !isDiagonal(a); sweep++) {
                for (int p = 0; p < size; p++) {
                    for (int q = p + 1; q < size; q++) {
                        if (a[p][q] != 0) {
                            rotate(a, v, p, q);
                        }
                    }
                }
            }
            List<Integer> order = IntStream.range(0, size)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> -a[i][i]))
                    .toList();
            return new Eigenvectors(
                    order.stream().mapToDouble(i -> a[i][i]).toArray(),
                    order.stream()
                            .map(i -> IntStream.range(0, size)
                                    .mapToDouble(j -> v[j][i])
                                    .toArray())
                            .toArray(double[][]::new));
        }

        private static boolean isDiagonal(double[][] a) {
            double largest = 0;
            double off = 0;
            for (int i = 0; i < a.length; i++) {
                largest = Math.max(largest, Math.abs(a[i][i]));
                for (int j = i + 1; j < a.length; j++) {
                    off = Math.max(off, Math.abs(a[i][j]));
                }
            }
            return off <= NEGLIGIBLE * largest;
        }

        /** Makes the element at row p, column q zero. */
        private static void rotate(double[][] a, double[][] v, int p, int q) {
            double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
            double tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
            double cosine = 1 / Math.sqrt(1 + tangent * tangent);
            double sine = tangent * cosine;
            for (int i = 0; i < a.length; i++) {
                double ip = a[i][p];
                double iq = a[i][q];
                a[i][p] = cosine * ip - sine * iq;
                a[i][q] = sine * ip + cosine * iq;
            }
            for (int i = 0; i < a.length; i++) {
                double pi = a[p][i];
                double qi = a[q][i];
                a[p][i] = cosine * pi - sine * qi;
                a[q][i] = sine * pi + cosine * qi;
                double vp = v[i][p];
                double vq = v[i][q];
                v[i][p] = cosine * vp - sine * vq;
                v[i][q] = sine * vp + cosine * vq;
            }
        }
    }
}
