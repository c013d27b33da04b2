package dev.kinglet.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Pointwise convolutions of certain numbers of channels, as ResNet-50 has them, in pieces of their outputs. For these numbers
 * oneDNN 3.7 has an estimate of its own, in which it divides by zero on some processors with two threads, and the process
 * ends.
 */
final class PointwisePieces {
    private static final long PIECE = 128; // outputs
    private static final List<List<Long>> ESTIMATED = List.of(
            List.of(256L, 1024L),
            List.of(512L, 1024L),
            List.of(512L, 2048L),
            List.of(1024L, 512L),
            List.of(1024L, 2048L));

    private PointwisePieces() {}

    /** Whether a kernel {@code [out, in, h, w]}, dense, is of such numbers, forward or backward. */
    static boolean areNeeded(Tensor weight, int groups) {
        long out = weight.size(0);
        long in = weight.size(1);
        return groups == 1
                && weight.size(2) == 1
                && weight.size(3) == 1
                && (ESTIMATED.contains(List.of(in, out)) || ESTIMATED.contains(List.of(out, in)));
    }

    /** Where the pieces of a kernel's outputs begin. */
    static List<Long> starts(Tensor weight) {
        List<Long> starts = new ArrayList<>();
        for (long start = 0; start < weight.size(0); start += PIECE) {
            starts.add(start);
        }
        return starts;
    }

    /** The piece of a tensor along a dimension that begins there. */
    static Tensor of(Tensor tensor, int dimension, long start) {
        return tensor.narrow(dimension, start, Math.min(PIECE, tensor.size(dimension) - start));
    }

    /** The convolution, with the given strides and without padding. */
    static Tensor conv2d(Tensor x, Tensor weight, TensorOptional bias, long[] strides) {
        TensorVector parts = new TensorVector();
        for (long start : starts(weight)) {
            TensorOptional part =
                    bias.has_value() ? new TensorOptional(of(bias.get(), 0, start)) : new TensorOptional();
            parts.push_back(
                    torch.conv2d(x, of(weight, 0, start), part, strides, new long[] {0, 0}, new long[] {1, 1}, 1));
        }
        return torch.cat(parts, 1);
    }
}
