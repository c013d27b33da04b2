package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kinglet.network.Op;
import dev.kinglet.network.Padding;
import dev.kinglet.network.Window;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("native")
class Bfloat16GradientsTest {
    private static final int IMAGES = 3;
    private static final int SIDE = 9;
    private static final double ROUNDING = 1.0 / 256; // of a bfloat16

    @AfterEach
    void useOneThread() {
        torch.set_num_threads(1);
    }

    /** Two kernels of one input, the first of which is frozen, in a list with others, so that there is one for each thread. */
    @ParameterizedTest
    @CsvSource({
        "3, 32, 3, 2",
        "16, 16, 3, 1",
        "64, 47, 1, 1",
        "33, 300, 1, 1",
        "300, 65, 1, 1",
        "24, 40, 1, 2",
        "7, 1, 5, 1"
    })
    void gradients_are_those_in_float32_whatever_the_number_of_threads(int in, int out, int kernel, int stride) {
        Op.Conv op = new Op.Conv(in, out, new Window(kernel, stride, Padding.of(kernel / 2)), 1, false);
        try (PointerScope scope = new PointerScope();
                ThreadTeam team = new ThreadTeam(2)) {
            Bfloat16Gradients gradients = new Bfloat16Gradients(team);
            torch.manual_seed(1);
            int outputs = (SIDE - 1) / stride + 1;
            Tensor x = channelsLast(torch.randn(IMAGES, in, SIDE, SIDE));
            assumeTrue(gradients.takes(op, x), "another kind of processor");
            Tensor gradient = channelsLast(torch.randn(IMAGES, 2L * out, outputs, outputs));
            Tensor weight = channelsLast(torch.randn(2L * out, in, kernel, kernel));
            Tensor expected = TrainingPass.convolutionBackward(
                            op,
                            gradient.to(ScalarType.Float),
                            x.to(ScalarType.Float),
                            weight.to(ScalarType.Float),
                            TrainingPass.mask(false, true, false))
                    .get1();

            Tensor[] sums = new Tensor[2];
            for (int threads = 1; threads <= 2; threads++) {
                torch.set_num_threads(threads);
                team.use(threads);
                Tensor frozen = torch.zeros(out, in, kernel, kernel);
                Tensor trained = kernelWithGradient(out, in, kernel);
                Tensor other = kernelWithGradient(2 * out, in, kernel);
                gradients.add(op, x, gradient, weight, List.of(frozen, trained));
                gradients.add(op, x, gradient, weight, List.of(other));
                gradients.finish();
                assertThat(torch.get_num_threads()).isEqualTo(threads);
                assertThat(torch.equal(other.grad().narrow(0, out, out), trained.grad()))
                        .isTrue();
                sums[threads - 1] = other.grad();
            }
            assertThat(torch.equal(sums[0], sums[1])).isTrue();
            double difference = sums[1].sub(expected).abs().max().item_double();
            assertThat(difference).isLessThan(ROUNDING * expected.abs().max().item_double());
        }
    }

    private static Tensor channelsLast(Tensor tensor) {
        return tensor.to(ScalarType.BFloat16).contiguous(MemoryFormat.ChannelsLast);
    }

    private static Tensor kernelWithGradient(int out, int in, int kernel) {
        Tensor tensor = torch.zeros(out, in, kernel, kernel);
        tensor.set_requires_grad(true);
        tensor.mutable_grad().put(torch.zeros(out, in, kernel, kernel));
        return tensor;
    }
}
