package dev.kinglet.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class QuantizerTest {
    @TempDir
    Path folder;

    static Stream<Arguments> files() {
        return SampleModels.all()
                .map(Rewrites.foldBatchNorms()::apply)
                .flatMap(model -> Stream.of(InputType.values()).map(input -> Arguments.of(model, input)));
    }

    private static Map<String, QuantizationRange> ranges(Quantizer quantizer) {
        Map<String, QuantizationRange> ranges = new HashMap<>();
        quantizer.activations().forEach(name -> ranges.put(name, QuantizationRange.of(-4, 6)));
        return ranges;
    }

    /** Zeros, one per channel of an activation, by the shapes the file declares. */
    private static Map<String, float[]> means(OnnxFile file, Quantizer quantizer) throws IOException {
        GraphProto graph = ModelProto.parseFrom(file.bytes()).getGraph();
        Map<String, float[]> means = new HashMap<>();
        Stream.concat(graph.getInputList().stream(), graph.getValueInfoList().stream())
                .filter(value -> quantizer.activations().contains(value.getName()))
                .forEach(value -> means.put(
                        value.getName(),
                        new float
                                [(int) value.getType()
                                        .getTensorType()
                                        .getShape()
                                        .getDim(1)
                                        .getDimValue()]));
        return means;
    }

    static OnnxFile quantized(OnnxFile file, Set<String> floatLayers) throws IOException {
        Quantizer quantizer = new Quantizer(file);
        return quantizer.quantized(ranges(quantizer), means(file, quantizer), floatLayers, "minmax of 3 images");
    }

    private static GraphProto graph(OnnxFile file) throws IOException {
        return ModelProto.parseFrom(file.bytes()).getGraph();
    }

    private static OnnxFile everyOp() {
        return OnnxFile.of(Rewrites.foldBatchNorms().apply(SampleModels.withRandomState(SampleModels.everyOp(), 1)));
    }

    private static NodeProto node(GraphProto graph, String name) {
        return graph.getNodeList().stream()
                .filter(node -> node.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_quantized_file_is_read_back_with_its_metadata(Model model, InputType input) throws IOException {
        OnnxFile quantized = quantized(OnnxFile.of(model, input), Set.of());
        assertThat(GraphCosts.macs(quantized)).isEqualTo(GraphCosts.macs(OnnxFile.of(model, input)));
        Path path = folder.resolve("int8.onnx");
        quantized.write(path);
        OnnxFile read = OnnxFile.read(path);
        assertThat(read.card()).isEqualTo(model.card());
        assertThat(read.inputType()).isEqualTo(input);
        assertThat(ModelProto.parseFrom(read.bytes()).getMetadataPropsList())
                .contains(Protos.entry("calibration", "minmax of 3 images"), Protos.entry("float_layers", ""));
    }

    @ParameterizedTest
    @MethodSource("files")
    void every_weight_of_a_convolution_or_linear_layer_is_int8(Model model, InputType input) throws IOException {
        GraphProto graph = graph(quantized(OnnxFile.of(model, input), Set.of()));
        for (NodeProto node : graph.getNodeList()) {
            if (Set.of("Conv", "Gemm").contains(node.getOpType())) {
                NodeProto back = graph.getNodeList().stream()
                        .filter(other -> other.getOutput(0).equals(node.getInput(1)))
                        .findFirst()
                        .orElseThrow();
                assertThat(back.getOpType()).isEqualTo("DequantizeLinear");
                assertThat(graph.getInitializerList().stream()
                                .filter(t -> t.getName().equals(back.getInput(0)))
                                .map(TensorProto::getDataType))
                        .containsExactly(TensorProto.DataType.INT8.getNumber());
            }
        }
    }

    @Test
    void int8_layers_between_float32_layers_are_enclosed() {
        Quantizer quantizer = new Quantizer(everyOp());
        assertThat(quantizer.enclosed(Set.of())).isEmpty();
        assertThat(quantizer.enclosed(Set.of("stem.conv"))).isEmpty();
        assertThat(quantizer.enclosed(Set.of("grouped.conv"))).containsExactly("stem.conv"); // it reads the input
        // its activation function and the pools after it are not layers
        assertThat(quantizer.enclosed(Set.of("stem.conv", "grouped.conv", "biased", "both")))
                .containsExactly("depthwise.conv");
        assertThat(quantizer.enclosed(Set.of("stem.conv", "grouped.conv", "biased")))
                .isEmpty(); // 'both' reads it, too
        assertThat(quantizer.enclosed(Set.of("pool"))).containsExactly("fc"); // it makes the output
    }

    @Test
    void activations_between_integer_kernels_are_quantized_once() throws IOException {
        GraphProto graph = graph(quantized(everyOp(), Set.of()));
        assertThat(node(graph, "sum").getInputList()).containsExactly("near2.dq", "biased.dq");
        // the activation function is saturation, so nothing is rounded between a convolution and it
        assertThat(graph.getNodeList().stream().map(NodeProto::getName))
                .contains("grouped.relu.q", "grouped.relu.dq")
                .doesNotContain("grouped.conv.q", "fc.q");
    }

    @Test
    void operators_that_only_move_values_keep_their_scale() throws IOException {
        GraphProto graph = graph(quantized(everyOp(), Set.of()));
        assertThat(node(graph, "narrow.q").getInput(1))
                .isEqualTo(node(graph, "depthwise.clip.q").getInput(1));
    }

    @Test
    void a_float32_layer_keeps_its_weight_and_reads_unquantized_activations() throws IOException {
        OnnxFile file = everyOp();
        GraphProto before = graph(file);
        OnnxFile quantized = quantized(file, Set.of("depthwise.conv"));
        GraphProto after = graph(quantized);
        assertThat(node(after, "depthwise.conv")).isEqualTo(node(before, "depthwise.conv"));
        assertThat(after.getInitializerList())
                .contains(before.getInitializerList().stream()
                        .filter(t -> t.getName().equals("depthwise.conv.weight"))
                        .findFirst()
                        .orElseThrow());
        assertThat(ModelProto.parseFrom(quantized.bytes()).getMetadataPropsList())
                .contains(Protos.entry("float_layers", "depthwise.conv"));
    }

    @Test
    void the_bias_corrects_the_mean_of_the_output() throws IOException {
        OnnxFile file = everyOp();
        Quantizer quantizer = new Quantizer(file);
        Map<String, float[]> means = means(file, quantizer);
        GraphProto plain = graph(quantizer.quantized(ranges(quantizer), means, Set.of(), "none"));
        Arrays.fill(means.getOrDefault("narrow", new float[0]), 1);
        GraphProto shifted = graph(quantizer.quantized(ranges(quantizer), means, Set.of(), "none"));
        float[] weight = tensor(graph(file), "biased.weight");
        float[] scales = tensor(plain, "biased.weight.scale");
        byte[] bytes = plain.getInitializerList().stream()
                .filter(t -> t.getName().equals("biased.weight"))
                .findFirst()
                .orElseThrow()
                .getRawData()
                .toByteArray();
        for (int channel = 0; channel < 12; channel++) {
            double lost = 0;
            for (int i = 0; i < 12; i++) {
                lost += weight[12 * channel + i] - (double) scales[channel] * bytes[12 * channel + i];
            }
            assertThat((double) tensor(shifted, "biased.bias")[channel] - tensor(plain, "biased.bias")[channel])
                    .isCloseTo(lost, within(1e-6));
        }
    }

    private static float[] tensor(GraphProto graph, String name) {
        return graph.getInitializerList().stream()
                .filter(t -> t.getName().equals(name))
                .map(Protos::floats)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void missing_statistics_and_unknown_layers_are_named() throws IOException {
        OnnxFile file = everyOp();
        Quantizer quantizer = new Quantizer(file);
        Map<String, QuantizationRange> ranges = ranges(quantizer);
        ranges.remove("near2");
        Map<String, float[]> means = means(file, quantizer);
        assertThatThrownBy(() -> quantizer.quantized(ranges, means, Set.of(), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there are no statistics of activation 'near2'");
        assertThatThrownBy(() -> quantizer.quantized(ranges(quantizer), means, Set.of("fcc"), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no layer 'fcc' that could be quantized; there are stem.conv, ");
    }

    private static Arguments refused(String message, Consumer<ModelProto.Builder> change) {
        return Arguments.of(message, change);
    }

    private static NodeProto.Builder node(ModelProto.Builder model, String name) {
        return model.getGraphBuilder().getNodeBuilderList().stream()
                .filter(node -> node.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void replace(ModelProto.Builder model, TensorProto tensor) {
        GraphProto.Builder graph = model.getGraphBuilder();
        for (int i = 0; i < graph.getInitializerCount(); i++) {
            if (graph.getInitializer(i).getName().equals(tensor.getName())) {
                graph.setInitializer(i, tensor);
                return;
            }
        }
        throw new AssertionError("there is no " + tensor.getName());
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                refused(
                        "scale 'near2.scale' is to be finite and above 0, not 0.0",
                        m -> replace(m, Protos.floats("near2.scale", List.of(), 0))),
                refused(
                        "initializer 'near2.scale' is to be [], not [1]",
                        m -> replace(m, Protos.floats("near2.scale", List.of(1), 1))),
                refused(
                        "'biased.weight.scale' is to be [12], not [11]",
                        m -> replace(m, Protos.floats("biased.weight.scale", List.of(11), new float[11]))),
                refused(
                        "attribute 'axis' is to be 0",
                        m -> node(m, "biased.weight.dq").getAttributeBuilder(0).setI(1)),
                refused(
                        "input 'biased.weight' is to be an initializer of type FLOAT",
                        m -> node(m, "biased").setInput(1, "biased.weight")),
                refused(
                        "input 'near2.q' is computed by no node before it, or is not an activation of type float32",
                        m -> node(m, "sum").setInput(0, "near2.q")),
                refused(
                        "input 'near2' is computed by no node before it, or is not an activation of type uint8",
                        m -> node(m, "near2.dq").setInput(0, "near2")),
                refused(
                        "input 'fc.weight.dq' is computed by no node before it, or is not an activation of type float32",
                        m -> m.getGraphBuilder()
                                .addNode(Protos.node("Relu", "late", List.of("fc.weight.dq"), "late"))));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void a_quantized_file_that_was_changed_is_refused(String message, Consumer<ModelProto.Builder> change)
            throws IOException {
        ModelProto.Builder model =
                ModelProto.parseFrom(quantized(everyOp(), Set.of()).bytes()).toBuilder();
        change.accept(model);
        Path file = Files.write(folder.resolve("changed.onnx"), model.build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.read(file))
                .isInstanceOf(OnnxException.class)
                .hasMessageContaining(message);
    }
}
