package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
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
class PointwisePiecesTest {
    @AfterEach
    void useOneThread() {
        torch.set_num_threads(1);
    }

    /** Of any number of outputs: on some processors oneDNN is wrong for a third of them. */
    @ParameterizedTest
    @CsvSource({"2, 16, 4, Float, 1e-4", "1, 40, 12, Float, 1e-4", "8, 160, 6, Float, 1e-4", "2, 40, 6, BFloat16, 1e-2"
    })
    void two_threads_calculate_what_one_does(
            long batch, long channels, long side, ScalarType type, double relativeError) {
        List<Long> wrong = new ArrayList<>();
        for (long outputs = 1; outputs <= 300; outputs++) {
            try (NoGradGuard noGradients = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                Tensor x = values(batch, channels, side, side).to(type);
                Tensor weight = values(outputs, channels, 1, 1).to(type);
                Tensor bias = values(outputs, 1, 1, 1).flatten().to(type);
                torch.set_num_threads(1);
                Tensor right = torch.conv2d(
                        x,
                        weight,
                        new TensorOptional(bias),
                        new long[] {1, 1},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1);
                torch.set_num_threads(2);
                Tensor got = PointwisePieces.conv2d(x, weight, new TensorOptional(bias), new long[] {1, 1});
                if (!(got.sub(right).abs().max().item_float()
                        < relativeError * right.abs().max().item_float())) {
                    wrong.add(outputs);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static Tensor values(long... dims) {
        long count = dims[0] * dims[1] * dims[2] * dims[3];
        return torch.arange(new Scalar(count)).sin().reshape(dims).contiguous(MemoryFormat.ChannelsLast);
    }
}
