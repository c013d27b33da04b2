package dev.kinglet.torch;

import dev.kinglet.network.Op;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Gradients of convolution kernels as matrix products. For each position of the kernel, the gradient is the product of the
 * output's gradient, transposed, with the input moved by that position. Both are taken in pieces that a second-level cache
 * holds, in which they have a border of zeros, so that moving is starting elsewhere. With AVX2 this is up to twice as fast
 * as oneDNN's convolution for kernels of many channels; those in bfloat16 are {@link Bfloat16Gradients}, and the others are left
 * to oneDNN.
 *
 * <p>Gradients are put off until their inputs hold so much memory, and then calculated by all threads at once, each of them
 * one at a time. The result does not depend on the number of threads. Owns native memory until closed. Not thread-safe.
 */
final class KernelGradients implements AutoCloseable {
    private static final int PIECE = 768; // pixels that are multiplied at a time
    private static final long HELD = 256L << 20; // bytes of inputs and gradients that are held at most
    private static final int FEWEST_CHANNELS = 32; // of a kernel larger than 1x1
    private static final int FEWEST_POINTWISE_CHANNELS = 96;
    private static final int FEWEST_POINTWISE_WEIGHTS = 128 * 128 + 1;

    private final boolean faster;
    private final List<Convolution> pending = new ArrayList<>();
    private final ThreadTeam team;
    private final Bfloat16Gradients bfloat16;
    private final Scratch[] scratch; // by thread
    private long held;

    /** @param threads compute threads */
    KernelGradients(int threads) {
        faster = TorchRuntime.simd().equals("AVX2");
        team = new ThreadTeam(threads);
        bfloat16 = new Bfloat16Gradients(team);
        scratch = new Scratch[threads];
        for (int t = 0; t < threads; t++) {
            scratch[t] = new Scratch();
        }
    }

    /** Calculates with so many threads, but no more than at the beginning. */
    void useThreads(int threads) {
        team.use(threads);
    }

    /**
     * Whether {@link #add} takes such a convolution.
     *
     * @param x inputs {@code [n, c, h, w]}
     * @param kernels of these inputs, which are one convolution
     */
    boolean takes(Op.Conv op, Tensor x, int kernels) {
        return bfloat16.takes(op, x) || (kernels == 1 && isFasterByProducts(op, x));
    }

    private boolean isFasterByProducts(Op.Conv op, Tensor x) {
        Window window = op.window();
        int kernel = window.kernel();
        int in = op.in();
        int out = op.out();
        boolean sameSize = window.stride() == 1
                && window.padding().symmetric()
                && window.padding().top() == window.padding().left()
                && 2 * window.padding().top() == kernel - 1;
        boolean large = kernel == 1
                ? Math.min(in, out) >= FEWEST_POINTWISE_CHANNELS && in * out >= FEWEST_POINTWISE_WEIGHTS
                : Math.min(in, out) >= FEWEST_CHANNELS;
        return faster && sameSize && large && op.isDense() && x.scalar_type().intern() == ScalarType.Float;
    }

    /**
     * Adds the gradients of kernels of the same input, now or before {@link #finish} returns.
     *
     * @param op of each, but for the number of outputs
     * @param x input {@code [n, c, h, w]}, which must not change until then
     * @param gradient of all outputs, {@code [n, out, h, w]}, likewise
     * @param weight all kernels in the number format of the input, {@code [out, c, k, k]}
     * @param kernels those in float32, which own the sums of their gradients, one after the other
     */
    void add(Op.Conv op, Tensor x, Tensor gradient, Tensor weight, List<Tensor> kernels) {
        if (bfloat16.takes(op, x)) {
            held += bfloat16.add(op, x, gradient, weight, kernels);
        } else {
            addProduct(op, x, gradient, kernels.get(0).mutable_grad());
        }
        if (held > HELD) {
            finish();
        }
    }

    /** @param sum of the kernel's gradients, {@code [out, c, k, k]}, stored channels last */
    private void addProduct(Op.Conv op, Tensor x, Tensor gradient, Tensor sum) {
        Tensor in;
        Tensor out;
        try (PointerScope scope = new PointerScope()) {
            in = Blobs.keep(x.contiguous(MemoryFormat.ChannelsLast));
            out = Blobs.keep(gradient.contiguous(MemoryFormat.ChannelsLast));
        }
        pending.add(new Convolution(op, in, out, Blobs.keep(new Tensor(sum))));
        held += (in.numel() + out.numel()) * Float.BYTES;
    }

    /** Calculates what was put off. */
    void finish() {
        bfloat16.finish();
        try (PointerScope scope = new PointerScope()) {
            List<Task> tasks = pending.stream()
                    .map(Convolution::task)
                    .sorted(Comparator.comparingLong(Task::products).reversed()) // the shortest ones last
                    .toList();
            team.run(tasks.size(), (task, thread) -> tasks.get(task).run(scratch[thread]));
        } finally {
            pending.forEach(Convolution::close);
            pending.clear();
            held = 0;
        }
    }

    @Override
    public void close() {
        pending.forEach(Convolution::close);
        pending.clear();
        bfloat16.close();
        team.close();
        for (Scratch one : scratch) {
            one.close();
        }
    }

    /** One convolution's tensors, channels last. */
    private record Convolution(Op.Conv op, Tensor x, Tensor gradient, Tensor sum) {
        Task task() {
            return new Task(
                    x.data_ptr_float(),
                    gradient.data_ptr_float(),
                    sum.data_ptr_float(),
                    (int) x.size(0),
                    (int) x.size(2),
                    (int) x.size(3),
                    op.in(),
                    op.out(),
                    op.window().kernel());
        }

        void close() {
            x.close();
            gradient.close();
            sum.close();
        }
    }

    /**
     * The gradient of one kernel.
     *
     * @param x {@code [n, h, w, in]}
     * @param gradient {@code [n, h, w, out]}
     * @param sum {@code [out, k, k, in]}
     */
    private record Task(
            FloatPointer x, FloatPointer gradient, FloatPointer sum, int n, int h, int w, int in, int out, int kernel) {

        long products() {
            return (long) n * h * w * in * out * kernel * kernel;
        }

        void run(Scratch scratch) {
            if (kernel == 1) {
                multiply(gradient, out, out, x, in, in, n * h * w, sum, in);
            } else {
                runWithBorder(scratch);
            }
        }

        /**
         * The images stand one below the other, with a border of zeros below each and to the right. Of the one with fewer
         * channels, as many neighboring pixels as the kernel is wide are one row of a matrix; rows that do not overlap
         * belong to every so many-th pixel.
         */
        private void runWithBorder(Scratch scratch) {
            int border = (kernel - 1) / 2;
            int width = w + border;
            int height = h + border;
            int rows = Math.max(1, PIECE / width);
            boolean inputsAreWide = in <= out;
            int wide = inputsAreWide ? in : out;
            int plain = inputsAreWide ? out : in;
            FloatPointer wides = scratch.zeros(0, (long) ((rows + 2 * border) * width + 2 * border) * wide);
            FloatPointer plains = scratch.zeros(1, (long) rows * width * plain);
            FloatPointer product = inputsAreWide ? sum : scratch.zeros(2, (long) kernel * kernel * out * in);
            for (int start = 0; start < n * height; start += rows) {
                int taken = Math.min(rows, n * height - start);
                for (int r = -border; r < taken + border; r++) {
                    FloatPointer to = wides.getPointer((long) (border + (border + r) * width) * wide);
                    copyRow(inputsAreWide ? x : gradient, start + r, wide, to);
                }
                for (int r = 0; r < taken; r++) {
                    copyRow(
                            inputsAreWide ? gradient : x,
                            start + r,
                            plain,
                            plains.getPointer((long) r * width * plain));
                }
                for (int row = 0; row < kernel; row++) {
                    for (int first = 0; first < kernel; first++) {
                        int pixels = (taken * width - first + kernel - 1) / kernel;
                        FloatPointer from = wides.getPointer((long) (row * width + first) * wide);
                        FloatPointer to = plains.getPointer((long) first * plain);
                        if (inputsAreWide) {
                            multiply(
                                    to,
                                    out,
                                    kernel * out,
                                    from,
                                    kernel * in,
                                    kernel * in,
                                    pixels,
                                    sum.getPointer((long) row * kernel * in),
                                    kernel * kernel * in);
                        } else {
                            multiply(
                                    from,
                                    kernel * out,
                                    kernel * out,
                                    to,
                                    in,
                                    kernel * in,
                                    pixels,
                                    product.getPointer((long) row * kernel * out * in),
                                    in);
                        }
                    }
                }
            }
            if (!inputsAreWide) {
                addTurned(product);
            }
        }

        /** Adds {@code [k, k, out, in]} whose positions stand in reverse order. */
        private void addTurned(FloatPointer product) {
            int positions = kernel * kernel;
            for (int o = 0; o < out; o++) {
                for (int position = 0; position < positions; position++) {
                    openblas_nolapack.cblas_saxpy(
                            in,
                            1,
                            product.getPointer(((long) (positions - 1 - position) * out + o) * in),
                            1,
                            sum.getPointer(((long) o * positions + position) * in),
                            1);
                }
            }
        }

        /** Copies a row of the images with their borders; zeros for one of a border. */
        private void copyRow(FloatPointer images, int row, int channels, FloatPointer to) {
            int height = h + (kernel - 1) / 2;
            int image = Math.floorDiv(row, height);
            int y = Math.floorMod(row, height);
            long bytes = (long) w * channels * Float.BYTES;
            if (image < 0 || image >= n || y >= h) {
                Pointer.memset(to, 0, bytes);
            } else {
                Pointer.memcpy(to, images.getPointer(((long) image * h + y) * w * channels), bytes);
            }
        }

        /** Adds the product of a transposed matrix {@code [pixels, m]} and one {@code [pixels, n]}. */
        private static void multiply(
                FloatPointer a,
                int m,
                int strideA,
                FloatPointer b,
                int n,
                int strideB,
                int pixels,
                FloatPointer c,
                int strideC) {
            openblas_nolapack.cblas_sgemm(
                    openblas_nolapack.CblasRowMajor,
                    openblas_nolapack.CblasTrans,
                    openblas_nolapack.CblasNoTrans,
                    m,
                    n,
                    pixels,
                    1,
                    a,
                    strideA,
                    b,
                    strideB,
                    1,
                    c,
                    strideC);
        }
    }

    /** Memory of one thread, which grows as it is needed. */
    private static final class Scratch {
        private final FloatPointer[] parts = new FloatPointer[3];

        FloatPointer zeros(int part, long floats) {
            FloatPointer memory = parts[part];
            if (memory == null || memory.capacity() < floats) {
                if (memory != null) {
                    memory.close();
                }
                memory = Blobs.keep(new FloatPointer(floats));
                parts[part] = memory;
            }
            Pointer.memset(memory, 0, floats * Float.BYTES);
            return memory;
        }

        void close() {
            for (FloatPointer memory : parts) {
                if (memory != null) {
                    memory.close();
                }
            }
        }
    }
}
