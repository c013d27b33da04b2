package dev.kinglet.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What the machine does at most, in practice: a product of large square float matrices, and a copy of more memory than a
 * processor caches. Networks are compared with it. Owns native memory until closed. Not thread-safe.
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

    /** @param threads that calculate and copy */
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
        sgemm(); // the first allocates
    }

    private Tensor random(long... dims) {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = Blobs.keep(torch.rand(dims));
            tensors.add(tensor);
            return tensor;
        }
    }

    /** Rate of one product, in 1e9 floating-point operations a second: a multiply-accumulate is two. */
    public double sgemm() {
        openblas_nolapack.blas_set_num_threads(threads); // its own threads are wanted here, and nobody else's run
        try (NoGradGuard noGradients = new NoGradGuard()) {
            long start = System.nanoTime();
            torch.mm_out(product, left, right);
            return 2.0 * SIDE * SIDE * SIDE / (System.nanoTime() - start);
        } finally {
            openblas_nolapack.blas_set_num_threads(1);
        }
    }

    /** Rate of one copy in GB/s; read and written bytes both count, as in STREAM (McCalpin, 1995). */
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
