package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("native")
class PointwiseProductsTest {
    private static final long[] ONE = {1, 1};
    private static final long[] NONE = {0, 0};
    private static final double ROUNDING = 1.0 / 128; // of a bfloat16, twice

    @AfterEach
    void useOneThread() {
        torch.set_num_threads(1);
    }

    /** The convolution and both of its gradients, of any number of outputs and with either number of threads. */
    @ParameterizedTest
    @CsvSource({"2, 16, 4", "1, 100, 7", "3, 300, 5"})
    void products_are_convolutions(long images, long inputs, long side) {
        List<String> wrong = new ArrayList<>();
        torch.manual_seed(3);
        for (long outputs = 1; outputs <= 330; outputs += outputs % 16 < 2 ? 1 : 7) {
            try (NoGradGuard noGradients = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                Tensor x = bfloat16(images, inputs, side, side);
                Tensor weight = bfloat16(outputs, inputs, 1, 1);
                Tensor gradient = bfloat16(images, outputs, side, side);
                TensorOptional bias =
                        new TensorOptional(bfloat16(outputs, 1, 1, 1).flatten());
                for (int threads = 1; threads <= 2; threads++) {
                    String which = outputs + " outputs with " + threads;
                    Tensor y = PointwiseProducts.conv2d(x, weight, bias);
                    Tensor ofInput = PointwiseProducts.gradientOfInput(gradient, weight);
                    Tensor ofWeight = PointwiseProducts.gradientOfWeight(x, gradient);
                    torch.set_num_threads(1); // right in float32 with any number of channels
                    compare(which, y, convolution(x, weight, bias), wrong);
                    var expected = torch.convolution_backward(
                            exact(gradient),
                            exact(x),
                            exact(weight),
                            new LongArrayRefOptional(),
                            ONE,
                            NONE,
                            ONE,
                            false,
                            NONE,
                            1,
                            TrainingPass.mask(true, true, false));
                    compare(which + ", input", ofInput, expected.get0(), wrong);
                    compare(which + ", kernel", ofWeight, expected.get1(), wrong);
                    torch.set_num_threads(2);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static Tensor convolution(Tensor x, Tensor weight, TensorOptional bias) {
        return torch.conv2d(exact(x), exact(weight), new TensorOptional(exact(bias.get())), ONE, NONE, ONE, 1);
    }

    private static void compare(String which, Tensor found, Tensor expected, List<String> wrong) {
        boolean alike = found.dim() == expected.dim()
                && found.is_contiguous(MemoryFormat.ChannelsLast)
                && found.sub(expected).abs().max().item_double()
                        < ROUNDING * expected.abs().max().item_double();
        if (!alike) {
            wrong.add(which);
        }
    }

    private static Tensor exact(Tensor tensor) {
        return tensor.to(ScalarType.Float);
    }

    private static Tensor bfloat16(long... dims) {
        return torch.randn(dims).to(ScalarType.BFloat16).contiguous(MemoryFormat.ChannelsLast);
    }
}
