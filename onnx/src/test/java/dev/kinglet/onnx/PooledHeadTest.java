package dev.kinglet.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PooledHeadTest {
    private static OnnxFile file(Network network) {
        return OnnxFile.of(SampleModels.withRandomState(network, 1));
    }

    @Test
    void is_a_mean_with_one_linear_layer_after_it() {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        PooledHead head = PooledHead.of(OnnxFile.of(model)).orElseThrow();
        assertThat(head.featureMap()).isEqualTo("both");
        assertThat(head.weights()).isEqualTo(model.tensors().floats("fc.weight"));
        assertThat(head.channels()).isEqualTo(head.weights().length / 5);
        assertThat(PooledHead.of(file(SampleModels.gates())).orElseThrow().featureMap())
                .isEqualTo("plain");
    }

    @Test
    void of_an_int8_file_has_the_weights_as_they_were_quantized() throws IOException {
        Model model = Rewrites.foldBatchNorms().apply(SampleModels.withRandomState(SampleModels.gates(), 1));
        PooledHead head = PooledHead.of(QuantizerTest.quantized(OnnxFile.of(model), Set.of()))
                .orElseThrow();
        float[] exact = model.tensors().floats("fc.weight");
        assertThat(head.channels()).isEqualTo(8);
        assertThat(head.weights()).isNotEqualTo(exact).hasSize(exact.length);
        QuantizedWeight quantized = QuantizedWeight.of(exact, 5, true);
        for (int i = 0; i < exact.length; i++) {
            assertThat(head.weights()[i])
                    .isEqualTo(quantized.scales()[i / 8] * quantized.values()[i]);
        }
    }

    @Test
    void is_nothing_else() {
        assertThat(PooledHead.of(file(SampleModels.vectorHead()))).isEmpty();
        assertThat(PooledHead.of(file(SampleModels.convAfterLinear()))).isEmpty();
        assertThat(PooledHead.of(file(SampleModels.imageOutput()))).isEmpty();
        assertThat(PooledHead.of(file(SampleModels.awkwardNames()))).isEmpty();
    }
}
