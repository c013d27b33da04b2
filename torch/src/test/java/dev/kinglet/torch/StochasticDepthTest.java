package dev.kinglet.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("native")
class StochasticDepthTest {
    private static final Network RESNET = Zoo.get("resnet50").network();

    @Test
    void the_probabilities_are_timms() throws IOException {
        List<Double> own = new StochasticDepth(RESNET, 0.2).probabilities();
        List<Double> timms;
        try (var in = StochasticDepthTest.class.getResourceAsStream("drop_path.txt")) {
            timms = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(Double::valueOf)
                    .toList();
        }
        assertThat(own).hasSameSizeAs(timms);
        for (int i = 0; i < timms.size(); i++) {
            assertThat(own.get(i)).isCloseTo(timms.get(i), Offset.offset(1e-9));
        }
    }

    @Test
    void a_branch_is_left_out_or_scaled_for_each_image() {
        Layer last = RESNET.layers().stream()
                .filter(layer -> layer.op() instanceof Op.Add)
                .reduce((first, second) -> second)
                .orElseThrow();
        int images = 4000;
        StochasticDepth depth = new StochasticDepth(RESNET, 0.25);
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(1);
            Tensor ones = torch.ones(new long[] {images, 1, 1, 1});
            Tensor branchOnly = depth.sum(last, List.of(ones, torch.zeros_like(ones)));
            Tensor skipOnly = depth.sum(last, List.of(torch.zeros_like(ones), ones));
            float[] branch = new float[images];
            float[] skip = new float[images];
            branchOnly.data_ptr_float().get(branch);
            skipOnly.data_ptr_float().get(skip);
            int left = 0;
            for (int n = 0; n < images; n++) {
                assertThat(skip[n]).isEqualTo(1f);
                assertThat(branch[n]).isIn(0f, 1f / 0.75f);
                left += branch[n] == 0 ? 1 : 0;
            }
            assertThat(left / (double) images).isCloseTo(0.25, Offset.offset(0.03)); // 4 deviations
        }
    }
}
