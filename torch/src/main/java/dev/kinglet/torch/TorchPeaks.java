package dev.kinglet.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Peak rates of the machine in practice: multiplication of large square float32 matrices (GEMM), and a copy of more memory
 * than a processor caches. Owns native memory until closed. Not thread-safe.
 */
public final class TorchPeaks implements AutoCloseable {
    private static final int SIDE = 2048; // of the matrices
    private static final long COPIED = 1L << 28; // bytes

    private final int threads;
    private final List<Tensor> tensors = new ArrayList<>();
    private final Tensor left;
    private final Tensor right;
    private final Tensor product;
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
        from = random(COPIED / Float.BYTES);
        to = random(COPIED / Float.BYTES); // touches its pages, too
        sgemm(); // the first one allocates
    }

    private Tensor random(long... dims) {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Blobs.keep(torch.rand(dims));
            tensors.add(tensor);
            return tensor;
        }
    }

    /** Rate of one multiplication in GFLOP/s: a multiply-accumulate counts as two operations. */
    public double sgemm() {
        openblas_nolapack.blas_set_num_threads(threads); // its own threads are idle otherwise, and no others run now
        try (NoGradGuard noGradients = new NoGradGuard()) {
            long start = System.nanoTime();
            torch.mm_out(product, left, right);
            return 2.0 * SIDE * SIDE * SIDE / (System.nanoTime() - start);
        } finally {
            openblas_nolapack.blas_set_num_threads(1);
        }
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
