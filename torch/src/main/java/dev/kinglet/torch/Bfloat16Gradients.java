package dev.kinglet.torch;

import dev.kinglet.network.Op;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Gradients of convolution kernels in bfloat16. oneDNN is no faster with two threads than with one there, so that they are put
 * off and then calculated side by side, each by one thread: pointwise ones as a matrix product, which takes two thirds of the time
 * of oneDNN's convolution. The result does not depend on the number of threads. Owns native memory until closed. Not thread-safe.
 */
final class Bfloat16Gradients implements AutoCloseable {
    private static final BoolPointer WEIGHT = TrainingPass.mask(false, true, false);

    private final ThreadTeam team;
    private final List<Convolution> pending = new ArrayList<>();

    /** @param team not closed */
    Bfloat16Gradients(ThreadTeam team) {
        this.team = team;
    }

    /** Whether {@link #add} takes such a convolution, of inputs {@code [n, c, h, w]}. */
    boolean takes(Op.Conv op, Tensor x) {
        return PointwiseProducts.ARE_FAST && op.isDense() && x.scalar_type().intern() == ScalarType.BFloat16;
    }

    /**
     * Adds the gradients of kernels of the same input before {@link #finish} returns.
     *
     * @param op of each, but for the number of outputs
     * @param x input {@code [n, c, h, w]}, which must not change until then
     * @param gradient of all outputs, {@code [n, out, h, w]}, likewise
     * @param weight all kernels in bfloat16, {@code [out, c, k, k]}
     * @param kernels those in float32, which own the sums of their gradients, one after the other
     * @return bytes of memory that are held until then
     */
    long add(Op.Conv op, Tensor x, Tensor gradient, Tensor weight, List<Tensor> kernels) {
        try (PointerScope scope = new PointerScope()) {
            pending.add(new Convolution(
                    op,
                    Blobs.keep(x.contiguous(MemoryFormat.ChannelsLast)),
                    Blobs.keep(gradient.contiguous(MemoryFormat.ChannelsLast)),
                    Blobs.keep(new Tensor(weight)),
                    kernels));
            return Short.BYTES * (x.numel() + gradient.numel());
        }
    }

    /** Calculates what was put off. */
    void finish() {
        if (pending.isEmpty()) {
            return;
        }
        pending.sort(Comparator.comparingLong(Convolution::products).reversed()); // the shortest ones last
        int threads = torch.get_num_threads();
        try {
            team.run(pending.size(), (task, thread) -> {
                torch.set_num_threads(1); // of this thread's operations
                pending.get(task).run();
            });
        } finally {
            torch.set_num_threads(threads);
            close();
        }
    }

    @Override
    public void close() {
        pending.forEach(Convolution::close);
        pending.clear();
    }

    /** One convolution's tensors, channels last; the kernels are not its own. */
    private record Convolution(Op.Conv op, Tensor x, Tensor gradient, Tensor weight, List<Tensor> kernels) {
        long products() {
            return gradient.numel() * weight.numel() / weight.size(0);
        }

        void run() {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard noGradients = new NoGradGuard()) {
                Tensor all = TrainingPass.isPointwise(op)
                        ? PointwiseProducts.gradientOfWeight(x, gradient)
                        : TrainingPass.convolutionBackward(op, gradient, x, weight, WEIGHT)
                                .get1();
                TrainingPass.addToKernels(kernels, all);
            }
        }

        void close() {
            x.close();
            gradient.close();
            weight.close();
        }
    }
}
