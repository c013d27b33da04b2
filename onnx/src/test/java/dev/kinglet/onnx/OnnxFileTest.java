package dev.kinglet.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxFileTest {
    @TempDir
    Path folder;

    static Stream<Model> models() {
        return Stream.concat(SampleModels.all(), SampleModels.all().map(Rewrites.foldBatchNorms()::apply));
    }

    private static GraphProto graph(Model model) throws IOException {
        return ModelProto.parseFrom(OnnxFile.of(model).bytes()).getGraph();
    }

    @ParameterizedTest
    @MethodSource("models")
    void every_name_is_unique_and_defined_before_it_is_used(Model model) throws IOException {
        GraphProto graph = graph(model);
        Set<String> made = new HashSet<>(Set.of("")); // an input that is left out
        graph.getInitializerList()
                .forEach(t -> assertThat(made.add(t.getName())).isTrue());
        graph.getInputList().forEach(i -> assertThat(made.add(i.getName())).isTrue());
        Set<String> names = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            assertThat(made).containsAll(node.getInputList());
            assertThat(names.add(node.getName())).isTrue();
            node.getOutputList().forEach(name -> assertThat(made.add(name)).isTrue());
        }
        assertThat(made).contains(graph.getOutput(0).getName());
    }

    @ParameterizedTest
    @MethodSource("models")
    void an_embedding_is_a_second_output_and_all_else_stays_as_it_is(Model model) throws IOException {
        OnnxFile file = OnnxFile.of(model, InputType.FLOAT32, true);
        long features = model.network().features().shape().elements();
        assertThat(file.features()).hasValue(Math.toIntExact(features));
        assertThat(OnnxFile.of(model).features()).isEmpty();

        GraphProto graph = ModelProto.parseFrom(file.bytes()).getGraph();
        assertThat(graph.getOutput(1).getName()).isEqualTo(OnnxFile.EMBEDDING);
        int last = graph.getNodeCount() - 1;
        assertThat(graph.getNode(last).getOutput(0)).isEqualTo(OnnxFile.EMBEDDING);
        assertThat(graph.toBuilder().removeNode(last).removeOutput(1).build()).isEqualTo(graph(model));
    }

    @ParameterizedTest
    @MethodSource("models")
    void every_layer_but_input_and_dropout_is_a_node_of_its_name(Model model) throws IOException {
        List<String> layers = model.network().layers().stream()
                .filter(layer -> !(layer.op() instanceof Op.Dropout || layer.op() instanceof Op.Input))
                .map(Layer::name)
                .toList();
        assertThat(graph(model).getNodeList().stream()
                        .filter(node ->
                                !List.of("Flatten", "Unsqueeze", "Resize").contains(node.getOpType()))
                        .map(NodeProto::getName))
                .containsExactlyElementsOf(layers);
    }

    @ParameterizedTest
    @MethodSource("models")
    void every_parameter_is_an_initializer_of_its_name_dimensions_and_values(Model model) throws IOException {
        GraphProto graph = graph(model);
        List<TensorProto> floats = graph.getInitializerList().stream()
                .filter(t -> model.tensors().has(t.getName()))
                .toList();
        assertThat(floats)
                .hasSameSizeAs(model.network().state().stream()
                        .filter(entry -> entry.parameter().role() != Parameter.Role.COUNTER)
                        .toList());
        for (TensorProto tensor : floats) {
            assertThat(tensor.getDimsList().stream().map(Long::intValue))
                    .containsExactlyElementsOf(
                            model.tensors().get(tensor.getName()).dims());
            FloatBuffer values = tensor.getRawData()
                    .asReadOnlyByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            assertThat(values).isEqualTo(FloatBuffer.wrap(model.tensors().floats(tensor.getName())));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void every_edge_has_a_declared_shape_with_a_free_batch(Model model) throws IOException {
        GraphProto graph = graph(model);
        assertThat(Stream.concat(graph.getValueInfoList().stream(), graph.getOutputList().stream())
                        .map(ValueInfoProto::getName))
                .containsExactlyInAnyOrderElementsOf(graph.getNodeList().stream()
                        .map(node -> node.getOutput(0))
                        .toList());
        assertThat(graph.getValueInfoList())
                .allSatisfy(value -> assertThat(value.getType()
                                .getTensorType()
                                .getShape()
                                .getDim(0)
                                .getDimParam())
                        .isEqualTo("batch"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_written_file_reads_back_as_it_was(Model model) throws IOException {
        Path path = folder.resolve("model.onnx");
        OnnxFile written = OnnxFile.of(model);
        written.write(path);
        OnnxFile read = OnnxFile.read(path);
        assertThat(read.card()).isEqualTo(model.card());
        assertThat(read.input()).isEqualTo("input0");
        assertThat(read.output()).isEqualTo("output0");
        assertThat(read.image()).isEqualTo(Shape.image(SampleModels.PIXELS));
        assertThat(read.classes()).isEqualTo(model.network().classes());
        assertThat(read.bytes()).isEqualTo(written.bytes()).isEqualTo(Files.readAllBytes(path));
    }

    @ParameterizedTest
    @MethodSource("models")
    void uint8_input_is_in_the_metadata_and_cast_first(Model model) throws IOException {
        Path path = folder.resolve("bytes.onnx");
        OnnxFile.of(model, InputType.UINT8).write(path);
        OnnxFile read = OnnxFile.read(path);
        assertThat(read.inputType()).isEqualTo(InputType.UINT8);
        assertThat(read.card()).isEqualTo(model.card());
        GraphProto graph = ModelProto.parseFrom(read.bytes()).getGraph();
        assertThat(graph.getInput(0).getType().getTensorType().getElemType())
                .isEqualTo(TensorProto.DataType.UINT8.getNumber());
        assertThat(graph.getNodeList().stream().limit(2).map(NodeProto::getOpType))
                .containsExactly("Cast", "BatchNormalization");
        assertThat(OnnxFile.of(model).inputType()).isEqualTo(InputType.FLOAT32);
    }

    @Test
    void a_card_with_everything_survives_the_file() throws IOException {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Card card = new Card(
                "éß \"quoted\"",
                List.of("none", "tab\there", "日本", "😀", ""),
                new Preprocessing(
                        16, 0.1 + 0.2, Interpolation.BILINEAR, List.of(1 / 3.0, 0.0, -1.0), List.of(1e-3, 1.0, 2.0)),
                OptionalInt.of(0),
                Map.of(Card.VERSION, "0.1.0", Card.TOP1, "71.5", Card.REWRITES, "fold-batch-norms"));
        OnnxFile.of(model.withCard(card)).write(folder.resolve("card.onnx"));
        assertThat(OnnxFile.read(folder.resolve("card.onnx")).card()).isEqualTo(card);
    }

    @Test
    void the_header_says_format_operators_and_producer() throws IOException {
        ModelProto file = ModelProto.parseFrom(OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1))
                .bytes());
        assertThat(file.getIrVersion()).isEqualTo(8);
        assertThat(file.getOpsetImportList()).singleElement().satisfies(set -> {
            assertThat(set.getDomain()).isEmpty();
            assertThat(set.getVersion()).isEqualTo(17);
        });
        assertThat(file.getProducerName()).isEqualTo("kinglet");
        assertThat(file.getProducerVersion()).isEqualTo("0.1.0");
        assertThat(file.getGraph().getName()).isEqualTo("every_op");
    }

    @Test
    void the_same_model_gives_the_same_bytes() {
        assertThat(OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1))
                        .bytes())
                .isEqualTo(OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1))
                        .bytes());
    }

    @Test
    void an_image_is_flattened_once_however_many_linear_layers_read_it() throws IOException {
        assertThat(graph(SampleModels.withRandomState(SampleModels.vectorHead(), 1)).getNodeList().stream()
                        .map(NodeProto::getOpType))
                .containsExactly(
                        "AveragePool",
                        "Flatten",
                        "Gemm",
                        "BatchNormalization",
                        "Relu",
                        "Gemm",
                        "Add",
                        "Concat",
                        "Gemm",
                        "BatchNormalization");
    }

    @Test
    void a_card_for_other_images_than_the_network_takes_is_refused() {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Card card = model.card();
        Card other = new Card(
                card.model(),
                card.labels(),
                card.preprocessing().withInputSize(32),
                card.background(),
                card.provenance());
        assertThatThrownBy(() -> OnnxFile.of(model.withCard(other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every_op takes 3x16x16, but its card's preprocessing makes 3x32x32");
    }
}
