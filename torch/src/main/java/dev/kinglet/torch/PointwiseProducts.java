package dev.kinglet.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Pointwise convolutions in bfloat16, dense, of stride 1 and without padding, as matrix products of {@code [pixels, channels]}. Of
 * many channels these take two thirds of the time of oneDNN's convolution, and they are right where it is not ({@link
 * PointwisePieces}). Results are in the innermost scope.
 */
final class PointwiseProducts {
    private static final long FEWEST_CHANNELS = 96; // of inputs or outputs; with less, convolutions are as fast

    /** Whether libtorch's products in bfloat16 are fast on this processor. */
    static final boolean ARE_FAST = TorchRuntime.simd().equals("AVX512");

    private PointwiseProducts() {}

    /** Whether the product is faster than such a convolution with a kernel {@code [out, in, h, w]}. */
    static boolean areFaster(Tensor weight) {
        return ARE_FAST
                && weight.scalar_type().intern() == ScalarType.BFloat16
                && weight.size(2) == 1
                && weight.size(3) == 1
                && Math.max(weight.size(0), weight.size(1)) >= FEWEST_CHANNELS;
    }

    /**
     * The convolution.
     *
     * @param x {@code [n, in, h, w]}
     * @param weight {@code [out, in, 1, 1]}
     * @param bias {@code [out]}, or none
     * @return {@code [n, out, h, w]}, stored channels last
     */
    static Tensor conv2d(Tensor x, Tensor weight, TensorOptional bias) {
        Tensor product = torch.mm(pixels(x), matrix(weight).t());
        return images(bias.has_value() ? product.add(bias.get()) : product, x);
    }

    /**
     * The gradient of its input.
     *
     * @param gradient of the output, {@code [n, out, h, w]}
     * @return {@code [n, in, h, w]}, stored channels last
     */
    static Tensor gradientOfInput(Tensor gradient, Tensor weight) {
        return images(torch.mm(pixels(gradient), matrix(weight)), gradient);
    }

    /**
     * The gradient of its kernel.
     *
     * @return {@code [out, in, 1, 1]}
     */
    static Tensor gradientOfWeight(Tensor x, Tensor gradient) {
        return torch.mm(pixels(gradient).t(), pixels(x)).view(gradient.size(1), x.size(1), 1, 1);
    }

    private static Tensor matrix(Tensor weight) {
        return weight.view(weight.size(0), weight.size(1));
    }

    private static Tensor pixels(Tensor images) {
        return images.contiguous(MemoryFormat.ChannelsLast)
                .permute(0, 2, 3, 1)
                .view(images.size(0) * images.size(2) * images.size(3), images.size(1));
    }

    private static Tensor images(Tensor pixels, Tensor alike) {
        return pixels.view(alike.size(0), alike.size(2), alike.size(3), pixels.size(1))
                .permute(0, 3, 1, 2);
    }
}
