package dev.kinglet.torch;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The trained kernels of a network in bfloat16, copied all at once instead of one for each convolution. They have no gradient. Owns
 * native memory until closed.
 */
final class KernelCopies implements AutoCloseable {
    private final Tensor values; // those that are copied
    private final Tensor copy;
    private final Map<String, Tensor> kernels = new HashMap<>(); // views of the copy by the tensor's name

    /** Copies of these, which are not made yet. */
    KernelCopies(FlatParameters parameters) {
        values = parameters.values();
        try (PointerScope scope = new PointerScope()) {
            copy = Blobs.keep(torch.zeros(new long[] {parameters.length()}, new TensorOptions(ScalarType.BFloat16)));
            for (FlatParameters.Slice slice : parameters.slices()) {
                if (slice.entry().parameter().dims().size() == 4) {
                    kernels.put(slice.entry().name(), Blobs.keep(slice.of(copy)));
                }
            }
        }
    }

    /** Copies the kernels as they are now. */
    void refresh() {
        try (NoGradGuard noGradients = new NoGradGuard()) {
            copy.copy_(values);
        }
    }

    /** A kernel as it was when the copies were made; null for what is no trained kernel. Not to be closed. */
    @Nullable
    Tensor get(String name) {
        return kernels.get(name);
    }

    @Override
    public void close() {
        kernels.values().forEach(Tensor::close);
        copy.close();
    }
}
