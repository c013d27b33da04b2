package dev.kinglet.torch;

import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Pointwise convolutions in pieces, where oneDNN calculates them wrongly. On some processors (seen on AMD's Turin) and with two
 * threads or more, oneDNN 3.7 leaves values out of float32 convolutions with more than 256 outputs, and with an odd number of
 * blocks of 16 outputs: 33 to 48, 65 to 80, and so on. It divides by zero for some numbers of channels above 256, which ends
 * the process. Whether it does is tried once in each process.
 */
final class PointwisePieces {
    private static final long BLOCK = 16; // channels
    private static final long PIECE = 128;
    private static final long MOST = 256;

    private PointwisePieces() {}

    /** Tried when the first such convolution comes. */
    private static final class Trial {
        static final boolean WRONG = isWrong();

        private static boolean isWrong() {
            int threads = torch.get_num_threads();
            try (NoGradGuard noGradients = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                torch.set_num_threads(Math.max(2, threads));
                Tensor x = values(2, 16, 4, 4);
                return LongStream.of(40, 80, 112, 176, 208, 272, 320).anyMatch(outputs -> {
                    Tensor weight = values(outputs, 16, 1, 1);
                    Tensor whole = torch.conv2d(x, weight);
                    Tensor right = inPieces(x, weight, new TensorOptional(), new long[] {1, 1});
                    return whole.sub(right).abs().max().item_float() > 1e-3;
                });
            } finally {
                torch.set_num_threads(threads);
            }
        }

        /** No random numbers: those of training are to stay as they are. */
        private static Tensor values(long... dims) {
            long count = dims[0] * dims[1] * dims[2] * dims[3];
            return torch.arange(new Scalar(count)).sin().reshape(dims).contiguous(MemoryFormat.ChannelsLast);
        }
    }

    /** Whether a convolution with a kernel {@code [out, in, h, w]} has to be run in pieces here. */
    static boolean areNeeded(Tensor weight, int groups) {
        return groups == 1
                && weight.size(2) == 1
                && weight.size(3) == 1
                && (Math.max(weight.size(0), weight.size(1)) > MOST || isOddlyBlocked(weight))
                && Trial.WRONG;
    }

    /** Wrong in float32 alone; with more than 256 channels bfloat16 ends the process too. */
    private static boolean isOddlyBlocked(Tensor weight) {
        long outputs = weight.size(0);
        return outputs > BLOCK
                && (outputs + BLOCK - 1) / BLOCK % 2 == 1
                && weight.scalar_type().intern() == ScalarType.Float;
    }

    /** The convolution without padding, in pieces if need be. */
    static Tensor conv2d(Tensor x, Tensor weight, TensorOptional bias, long[] strides) {
        return areNeeded(weight, 1)
                ? inPieces(x, weight, bias, strides)
                : torch.conv2d(x, weight, bias, strides, new long[] {0, 0}, new long[] {1, 1}, 1);
    }

    private static Tensor inPieces(Tensor x, Tensor weight, TensorOptional bias, long[] strides) {
        TensorVector parts = new TensorVector();
        long outputs = weight.size(0);
        for (long start = 0; start < outputs; start += length(start, outputs)) {
            TensorOptional part = bias.has_value() ? new TensorOptional(piece(bias.get(), 0, start)) : bias;
            parts.push_back(
                    torch.conv2d(x, piece(weight, 0, start), part, strides, new long[] {0, 0}, new long[] {1, 1}, 1));
        }
        return torch.cat(parts, 1);
    }

    /** What a convolution of some input channels gives. */
    interface Backward {
        Tensor of(Tensor x, Tensor weight);
    }

    /** The input's gradient, put together from those of its channels. */
    static Tensor gradientOfInput(Tensor x, Tensor weight, Backward backward) {
        TensorVector parts = new TensorVector();
        for (long start = 0; start < x.size(1); start += length(start, x.size(1))) {
            parts.push_back(backward.of(piece(x, 1, start), piece(weight, 1, start)));
        }
        return torch.cat(parts, 1);
    }

    private static Tensor piece(Tensor tensor, int dimension, long start) {
        return tensor.narrow(dimension, start, length(start, tensor.size(dimension)));
    }

    /** Length of the piece that starts there: an even number of blocks, or less than two. */
    private static long length(long start, long channels) {
        long rest = channels - start;
        return rest < 2 * BLOCK ? rest : Math.min(PIECE, rest - rest % (2 * BLOCK));
    }
}
