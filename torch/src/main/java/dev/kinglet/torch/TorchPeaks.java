package dev.kinglet.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * Peak rates of the machine in practice: multiplication of large square float32 matrices (GEMM), and a copy of more memory
 * than a processor caches. Owns native memory until closed. Not thread-safe.
 */
public final class TorchPeaks implements AutoCloseable {
    private static final int SIDE = 2048; // of the matrices
    private static final int ROWS = 32; // of an image with a pixel for each row of a matrix
    private static final long COPIED = 1L << 28; // bytes

    private final int threads;
    private final List<Tensor> tensors = new ArrayList<>();
    private final Tensor left;
    private final Tensor right;
    private final Tensor product;
    private final Tensor image; // one matrix for oneDNN, and the other
    private final Tensor kernel;
    private final Tensor from;
    private final Tensor to;

    /** @param threads compute threads, for the whole process */
    public TorchPeaks(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads is at least 1, not " + threads);
        }
        this.threads = threads;
        TorchRuntime.useThreads(threads);
        left = random(SIDE, SIDE);
        right = random(SIDE, SIDE);
        product = random(SIDE, SIDE);
        image = channelsLast(random(1, SIDE, ROWS, SIDE / ROWS));
        kernel = channelsLast(random(SIDE, SIDE, 1, 1));
        from = ones(COPIED / Float.BYTES);
        to = ones(COPIED / Float.BYTES); // touches its pages, too
        sgemm(); // the first one allocates
    }

    private Tensor random(long... dims) {
        try (PointerScope scope = new PointerScope()) {
            return keep(torch.rand(dims));
        }
    }

    private Tensor channelsLast(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return keep(tensor.contiguous(MemoryFormat.ChannelsLast));
        }
    }

    private Tensor ones(long count) {
        try (PointerScope scope = new PointerScope()) {
            return keep(torch.ones(count));
        }
    }

    private Tensor keep(Tensor tensor) {
        Tensor kept = Blobs.keep(tensor);
        tensors.add(kept);
        return kept;
    }

    /**
     * Rate of one multiplication in GFLOP/s: a multiply-accumulate counts as two operations. Of the libraries that there
     * are, OpenBLAS and oneDNN, the faster one's: neither is fast on every processor.
     */
    public double sgemm() {
        return Math.max(sgemmByOpenBlas(), sgemmByOneDnn());
    }

    private double sgemmByOpenBlas() {
        openblas_nolapack.blas_set_num_threads(threads); // its own threads are idle otherwise, and no others run now
        try (NoGradGuard noGradients = new NoGradGuard()) {
            long start = System.nanoTime();
            torch.mm_out(product, left, right);
            return rateSince(start);
        } finally {
            openblas_nolapack.blas_set_num_threads(1);
        }
    }

    /** A pointwise convolution is a multiplication, and oneDNN's is no slower than its own for matrices. */
    private double sgemmByOneDnn() {
        try (NoGradGuard noGradients = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            long start = System.nanoTime();
            torch.conv2d(image, kernel);
            return rateSince(start);
        }
    }

    private static double rateSince(long start) {
        return 2.0 * SIDE * SIDE * SIDE / (System.nanoTime() - start);
    }

    /** Rate of one copy in GB/s; bytes read and written both count, as in STREAM (McCalpin, 1995). */
    public double copy() {
        try (NoGradGuard noGradients = new NoGradGuard()) {
            long start = System.nanoTime();
            to.copy_(from);
            return 2.0 * COPIED / (System.nanoTime() - start);
        }
    }

    @Override
    public void close() {
        tensors.forEach(Tensor::close);
    }
}
