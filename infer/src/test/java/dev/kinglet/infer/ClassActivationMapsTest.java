package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.network.Card;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.ReferenceExecutor;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.rewrite.Rewrite;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The maps are the weighted sums of the feature map, which the reference executor computes. */
@Tag("native")
class ClassActivationMapsTest {
    private static final int SIDE = SampleModels.PIXELS;
    private static final int[] CLASSES = {3, 0};

    static Stream<Arguments> files() {
        Model every = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Model gates = SampleModels.withRandomState(SampleModels.gates(), 2);
        return Stream.of(
                Arguments.of(every, "both", OnnxFile.of(every)),
                Arguments.of(every, "both", OnnxFile.of(every, InputType.UINT8)),
                Arguments.of(every, "both", OnnxFile.of(rewritten(every))),
                Arguments.of(gates, "plain", OnnxFile.of(gates)),
                Arguments.of(gates, "plain", OnnxFile.of(rewritten(gates))));
    }

    private static Model rewritten(Model model) {
        Model rewritten = model;
        for (Rewrite rewrite : Rewrites.all()) {
            rewritten = rewrite.apply(rewritten);
        }
        return rewritten;
    }

    private static Batch batch(int images) {
        byte[] bytes = new byte[3 * SIDE * SIDE * images];
        new SplittableRandom(5).nextBytes(bytes);
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        return new Batch(pixels.clear(), SIDE, new int[images], new int[images]);
    }

    /** The activation {@code [channels, height, width]} of a layer. */
    private static double[] activation(Model model, Layer layer, Batch batch, int image) {
        List<Layer> layers = model.network().layers().subList(0, layer.id() + 1);
        Network part = new Network("part", layers);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : part.state()) {
            tensors.put(entry.name(), model.tensors().get(entry.name()));
        }
        List<String> labels =
                IntStream.range(0, part.classes()).mapToObj(i -> "" + i).toList();
        Card card = new Card("part", labels, model.card().preprocessing());
        float[] normalized = new float[3 * SIDE * SIDE];
        float[][] table = model.card().preprocessing().normalized();
        for (int i = 0; i < normalized.length; i++) {
            int channel = i / (SIDE * SIDE);
            int pixel = image * SIDE * SIDE + i % (SIDE * SIDE);
            normalized[i] = table[channel][batch.pixels().get(3 * pixel + channel) & 0xff];
        }
        return new ReferenceExecutor(new Model(part, new Tensors(tensors), card)).run(normalized);
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_map_is_the_feature_map_weighted_by_the_class(Model model, String featureMap, OnnxFile file)
            throws OnnxException {
        Layer layer = model.network().layers().stream()
                .filter(one -> one.name().equals(featureMap))
                .findFirst()
                .orElseThrow();
        float[] weights = model.tensors().floats("fc.weight");
        float[] bias = model.tensors().floats("fc.bias");
        Batch batch = batch(21); // more than one run for a thread
        List<Explanation> explanations;
        try (ClassActivationMaps maps =
                ClassActivationMaps.open(file, "x.onnx", 1).orElseThrow()) {
            explanations = maps.explain(batch, logits -> CLASSES);
        }
        try (ClassActivationMaps maps =
                ClassActivationMaps.open(file, "x.onnx", 3).orElseThrow()) {
            List<Explanation> inParts = maps.explain(batch, logits -> CLASSES);
            for (int i = 0; i < 21; i++) {
                assertThat(inParts.get(i).map(3).values())
                        .containsExactly(explanations.get(i).map(3).values(), within(1e-4f));
            }
        }
        int channels = layer.shape().channels();
        int cells = layer.shape().height() * layer.shape().width();
        for (int image : new int[] {0, 17, 20}) {
            double[] features = activation(model, layer, batch, image);
            assertThat(explanations.get(image).maps().keySet()).containsExactly(3, 0);
            for (int index : CLASSES) {
                HeatMap map = explanations.get(image).map(index);
                assertThat(map.height()).isEqualTo(layer.shape().height());
                assertThat(map.width()).isEqualTo(layer.shape().width());
                double mean = bias[index];
                for (int i = 0; i < cells; i++) {
                    double want = 0;
                    double size = 0;
                    for (int k = 0; k < channels; k++) {
                        double term = weights[index * channels + k] * features[k * cells + i];
                        want += term;
                        size += Math.abs(term);
                    }
                    assertThat((double) map.values()[i]).isCloseTo(want, within(1e-5 * Math.max(1, size)));
                    mean += map.values()[i] / (double) cells;
                }
                float logit = explanations.get(image).logits()[index];
                assertThat(mean).isCloseTo(logit, within(1e-5 * Math.max(1, Math.abs(logit))));
            }
        }
    }

    @Test
    void other_heads_have_no_maps() throws OnnxException {
        for (Network network : List.of(SampleModels.vectorHead(), SampleModels.convAfterLinear())) {
            OnnxFile file = OnnxFile.of(SampleModels.withRandomState(network, 1));
            assertThat(ClassActivationMaps.open(file, "x.onnx", 1)).isEmpty();
        }
    }

    @Test
    void a_class_or_a_size_that_the_network_does_not_have_is_refused() throws OnnxException {
        OnnxFile file = OnnxFile.of(SampleModels.withRandomState(SampleModels.gates(), 1));
        try (ClassActivationMaps maps =
                ClassActivationMaps.open(file, "x.onnx", 1).orElseThrow()) {
            assertThatThrownBy(() -> maps.explain(batch(1), logits -> new int[] {5}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("x.onnx has classes 0 to 4, no 5");
            Batch other = new Batch(ByteBuffer.allocateDirect(48), 4, new int[1], new int[1]);
            assertThatThrownBy(() -> maps.explain(other, logits -> CLASSES))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("x.onnx takes images of 16 pixels a side, not 4");
        }
    }
}
