package dev.kinglet.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RefusedFilesTest {
    private static final byte[] GOOD =
            OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)).bytes();

    @TempDir
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes);
    }

    private static ModelProto.Builder good() {
        try {
            return ModelProto.parseFrom(GOOD).toBuilder();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static NodeProto.Builder node(ModelProto.Builder model, String name) {
        return model.getGraphBuilder().getNodeBuilderList().stream()
                .filter(node -> node.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static AttributeProto.Builder attribute(ModelProto.Builder model, String node, String name) {
        return node(model, node).getAttributeBuilderList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static TensorProto.Builder tensor(ModelProto.Builder model, String name) {
        return model.getGraphBuilder().getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Arguments refused(String message, Consumer<ModelProto.Builder> change) {
        return Arguments.of(message, change);
    }

    /** A second output of this name, an activation of the file. */
    private static void output(ModelProto.Builder model, String activation) {
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.addOutput(graph.getValueInfoList().stream()
                .filter(value -> value.getName().equals(activation))
                .findFirst()
                .orElseThrow());
    }

    /** The second output as an exported file has it, of {@code features} features. */
    private static void embedding(ModelProto.Builder model, String activation, long features) {
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Flatten")
                .setName("embedding.flatten")
                .addInput(activation)
                .addOutput(OnnxFile.EMBEDDING)
                .addAttribute(Protos.integer("axis", 1)));
        ValueInfoProto.Builder info = graph.getOutput(0).toBuilder().setName(OnnxFile.EMBEDDING);
        info.getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(1)
                .setDimValue(features);
        graph.addOutput(info);
    }

    @Test
    void an_embedding_is_read() throws IOException {
        ModelProto.Builder model = good();
        embedding(model, "pool", 36);
        assertThat(OnnxFile.read(file(model.build().toByteArray())).features()).hasValue(36);
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                refused("outputs are 'output0' and 'pool'; the second is to be 'embedding'", m -> output(m, "pool")),
                refused(
                        "'embedding' is declared as [batch, ...] of [37], but the nodes make [36]",
                        m -> embedding(m, "pool", 37)),
                refused("1 inputs and 3 outputs; one input is read", m -> {
                    embedding(m, "pool", 36);
                    m.getGraphBuilder().addOutput(m.getGraph().getOutput(1));
                }),
                refused("output 'embedding' is [batch, ...] of [36, 1, 1], not one vector", m -> {
                    m.getGraphBuilder()
                            .addNode(NodeProto.newBuilder()
                                    .setOpType("Relu")
                                    .setName("embedding.relu")
                                    .addInput("pool")
                                    .addOutput(OnnxFile.EMBEDDING));
                    output(m, "pool");
                    m.getGraphBuilder().getOutputBuilder(1).setName(OnnxFile.EMBEDDING);
                }),
                refused("holds no graph", ModelProto.Builder::clearGraph),
                refused("IR version is 13; version 8", m -> m.setIrVersion(13)),
                refused(
                        "version 23 of operator set ''",
                        m -> m.getOpsetImportBuilder(0).setVersion(23)),
                refused(
                        "version 17 of operator set 'com.microsoft'",
                        m -> m.addOpsetImport(OperatorSetIdProto.newBuilder()
                                .setDomain("com.microsoft")
                                .setVersion(17))),
                refused("names 0 operator sets", ModelProto.Builder::clearOpsetImport),
                refused(
                        "functions or training",
                        m -> m.addFunctions(FunctionProto.newBuilder().setName("f"))),
                refused("functions or training", m -> m.addTrainingInfo(TrainingInfoProto.newBuilder())),
                refused("sparse", m -> m.getGraphBuilder().addSparseInitializer(SparseTensorProto.newBuilder())),
                refused(
                        "2 inputs and 1 outputs",
                        m -> m.getGraphBuilder().addInput(m.getGraph().getInput(0))),
                refused("1 inputs and 0 outputs", m -> m.getGraphBuilder().clearOutput()),
                refused("no 'labels'", ModelProto.Builder::clearMetadataProps),
                refused(
                        "metadata 'model' is given twice",
                        m -> m.addMetadataProps(StringStringEntryProto.newBuilder()
                                .setKey("model")
                                .setValue("other"))),
                refused(
                        "the metadata's input_type is 'int16'; float32 and uint8 are read",
                        m -> m.addMetadataProps(Protos.entry("input_type", "int16"))),
                refused(
                        "'input0' is not declared as a tensor of uint8",
                        m -> m.addMetadataProps(Protos.entry("input_type", "uint8"))),
                refused("node 'stem.conv' (Conv): input 'input0' is computed by no node before it, or is not", m -> {
                    m.addMetadataProps(Protos.entry("input_type", "uint8"));
                    m.getGraphBuilder()
                            .getInputBuilder(0)
                            .getTypeBuilder()
                            .getTensorTypeBuilder()
                            .setElemType(TensorProto.DataType.UINT8.getNumber());
                }),
                refused(
                        "input 'input0' is [batch, ...] of [3, 20, 16]",
                        m -> m.getGraphBuilder()
                                .getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(2)
                                .setDimValue(20)),
                refused(
                        "'input0' is to have a free batch axis",
                        m -> m.getGraphBuilder()
                                .getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(0)
                                .setDimValue(1)),
                refused(
                        "'input0' is not declared as a tensor of float32",
                        m -> m.getGraphBuilder()
                                .getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .setElemType(TensorProto.DataType.UINT8.getNumber())),
                refused(
                        "'output0' is declared as",
                        m -> m.getGraphBuilder()
                                .getOutputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(1)
                                .setDimValue(6)),
                refused(
                        "'nowhere' is declared, but no node makes it",
                        m -> m.getGraphBuilder().getOutputBuilder(0).setName("nowhere")),
                refused(
                        "output 'pool.flat' is [batch, ...] of [36], but the metadata names 5",
                        m -> m.getGraphBuilder()
                                .setOutput(
                                        0,
                                        m.getGraph().getValueInfoList().stream()
                                                .filter(v -> v.getName().equals("pool.flat"))
                                                .findFirst()
                                                .orElseThrow())),
                refused(
                        "'sum' is declared as",
                        m -> m.getGraphBuilder().getValueInfoBuilderList().stream()
                                .filter(v -> v.getName().equals("sum"))
                                .forEach(v -> v.getTypeBuilder()
                                        .getTensorTypeBuilder()
                                        .getShapeBuilder()
                                        .getDimBuilder(1)
                                        .setDimValue(13))),
                // tensors
                refused(
                        "initializer 'fc.weight' names data outside the file",
                        m -> tensor(m, "fc.weight")
                                .clearRawData()
                                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                                .addExternalData(StringStringEntryProto.newBuilder()
                                        .setKey("location")
                                        .setValue("../../etc/passwd"))),
                refused(
                        "initializer 'fc.weight' is of data type 11",
                        m -> tensor(m, "fc.weight").setDataType(TensorProto.DataType.DOUBLE.getNumber())),
                refused(
                        "initializer 'fc.weight' of dimensions [5, 35] takes 700 bytes, but has 720",
                        m -> tensor(m, "fc.weight").setDims(1, 35)),
                refused(
                        "initializer 'fc.bias' of dimensions [5] takes 20 bytes, but has 0",
                        m -> tensor(m, "fc.bias").clearRawData().addAllFloatData(List.of(1f, 2f, 3f, 4f, 5f))),
                refused(
                        "initializer 'fc.weight' has dimensions [5, -36]",
                        m -> tensor(m, "fc.weight").setDims(1, -36)),
                refused(
                        "more than 268435456 elements",
                        m -> tensor(m, "fc.weight").setDims(0, Long.MAX_VALUE).setDims(1, Long.MAX_VALUE)),
                refused(
                        "initializer 'fc.weight': something else has this name",
                        m -> tensor(m, "fc.bias").setName("fc.weight")),
                refused(
                        "initializer '': something else has this name, or it has none",
                        m -> tensor(m, "fc.bias").setName("")),
                // nodes
                refused(
                        "node 'fc': another node has this name",
                        m -> node(m, "sum").setName("fc")),
                refused(
                        "node '': another node has this name, or it has none",
                        m -> node(m, "sum").setName("")),
                refused(
                        "node 'sum': operator 'Loop' of operator set '' is not one of [Add, ",
                        m -> node(m, "sum").setOpType("Loop")),
                refused(
                        "operator 'Add' of operator set 'evil'",
                        m -> node(m, "sum").setDomain("evil")),
                refused("node 'sum' has 2 outputs", m -> node(m, "sum").addOutput("more")),
                refused(
                        "activation 'near': something else has this name",
                        m -> node(m, "sum").setOutput(0, "near")),
                refused(
                        "node 'stem.conv' (Conv): input 'sum' is computed by no node before it",
                        m -> node(m, "stem.conv").setInput(0, "sum")),
                refused(
                        "node 'sum' (Add): input '' is computed by no node",
                        m -> node(m, "sum").setInput(1, "")),
                refused(
                        "it has 1 inputs, not 2",
                        m -> node(m, "sum").clearInput().addInput("biased")),
                refused(
                        "attribute 'auto_pad' is not one of [group, kernel_shape, pads, strides]",
                        m -> node(m, "stem.conv")
                                .addAttribute(AttributeProto.newBuilder().setName("auto_pad"))),
                refused(
                        "attribute 'group' is given twice",
                        m -> node(m, "stem.conv").addAttribute(attribute(m, "stem.conv", "group"))),
                refused(
                        "attribute 'group' is to be of type INT, not FLOAT",
                        m -> attribute(m, "stem.conv", "group").setType(AttributeProto.AttributeType.FLOAT)),
                refused(
                        "in 0 groups does not fit",
                        m -> attribute(m, "stem.conv", "group").setI(0)),
                refused(
                        "in 5 groups does not fit 8 channels",
                        m -> attribute(m, "grouped.conv", "group").setI(5)),
                refused(
                        "kernel_shape is not that of the weight",
                        m -> attribute(m, "stem.conv", "kernel_shape").setInts(0, 5)),
                refused(
                        "'strides' is to be 2 integers of 1 to 65535",
                        m -> attribute(m, "stem.conv", "strides").setInts(0, 0)),
                refused(
                        "'pads' is to be 4 integers of 0 to 65535",
                        m -> attribute(m, "stem.conv", "pads").setInts(0, -1)),
                refused(
                        "does not fit [12, 6, 6]",
                        m -> attribute(m, "narrow", "kernel_shape").setInts(0, 7)),
                refused(
                        "initializer 'biased.bias' is to be [12], not [2, 6]",
                        m -> tensor(m, "biased.bias").setDims(0, 2).addDims(6)),
                refused(
                        "input 'near' is to be an initializer of type FLOAT",
                        m -> node(m, "stem.conv").setInput(1, "near")),
                refused(
                        "'epsilon' is to be a finite number",
                        m -> attribute(m, "stem.norm", "epsilon").setF(Float.NaN)),
                refused(
                        "initializer 'fc.bias' is to be [8], not [5]",
                        m -> node(m, "stem.norm").setInput(3, "fc.bias")),
                refused(
                        "initializer 'fc.bias' is to be [], not [5]",
                        m -> node(m, "depthwise.clip").setInput(1, "fc.bias")),
                refused(
                        "'count_include_pad' is to be 1",
                        m -> attribute(m, "near", "count_include_pad").setI(0)),
                refused(
                        "node 'both' (Concat): attribute 'axis' is to be 1",
                        m -> attribute(m, "both", "axis").setI(2)),
                refused(
                        "cannot concatenate [12, 3, 3] and [12, 6, 6]",
                        m -> node(m, "both").setInput(1, "depthwise.clip")),
                refused(
                        "cannot add [12, 6, 6] and [12, 3, 3]",
                        m -> node(m, "sum").setInput(0, "depthwise.clip")),
                refused("input 'pool' is to be [batch, c]", m -> node(m, "fc").setInput(0, "pool")),
                refused("input 'pool.flat' is to be [batch, c, h, w]", m -> {
                    NodeProto.Builder pool = NodeProto.newBuilder()
                            .setName("more")
                            .setOpType("GlobalAveragePool")
                            .addInput("pool.flat")
                            .addOutput("more");
                    m.getGraphBuilder().addNode(pool);
                }),
                refused(
                        "node 'fc' (Gemm): attribute 'transB' is to be 1",
                        m -> node(m, "fc").clearAttribute()),
                refused(
                        "a weight [36, 5] does not fit a vector of 36",
                        m -> tensor(m, "fc.weight").setDims(0, 36).setDims(1, 5)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void a_file_with_one_thing_wrong_is_refused_by_name(String message, Consumer<ModelProto.Builder> change)
            throws IOException {
        ModelProto.Builder model = good();
        change.accept(model);
        Path file = file(model.build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.read(file))
                .isInstanceOf(OnnxException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void axes_of_an_unsqueeze_are_read_too() throws IOException {
        ModelProto.Builder model =
                ModelProto.parseFrom(OnnxFile.of(SampleModels.withRandomState(SampleModels.convAfterLinear(), 1))
                                .bytes())
                        .toBuilder();
        tensor(model, "picture.axes")
                .setRawData(ByteString.copyFrom(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
        Path file = file(model.build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.read(file))
                .isInstanceOf(OnnxException.class)
                .hasMessageContaining("(Unsqueeze): its axes are to be 2 and 3");
    }

    static Stream<Arguments> changesOfAResize() {
        return Stream.of(
                refused(
                        "attribute 'mode' is to be 'nearest'",
                        m -> attribute(m, "scaled.expanded", "mode").setS(ByteString.copyFromUtf8("cubic"))),
                refused(
                        "attribute 'coordinate_transformation_mode' is to be 'asymmetric'",
                        m -> node(m, "scaled.expanded").removeAttribute(1)),
                refused(
                        "it is to have no region of interest",
                        m -> node(m, "scaled.expanded").setInput(1, "expanded.8x8")),
                refused(
                        "it has 2 inputs, not 3",
                        m -> node(m, "scaled.expanded")
                                .clearInput()
                                .addInput("gate")
                                .addInput("")),
                refused(
                        "it is to have one value per channel, not [8, 8, 8]",
                        m -> node(m, "scaled.expanded").setInput(0, "conv")),
                refused("not [1.0, 2.0, 8.0, 8.0]", scales(1, 2, 8, 8)),
                refused("not [1.0, 1.0, 8.5, 8.0]", scales(1, 1, 8.5f, 8)),
                refused("not [1.0, 1.0, 0.0, 8.0]", scales(1, 1, 0, 8)),
                refused("not [1.0, 1.0, 8.0, NaN]", scales(1, 1, 8, Float.NaN)),
                refused("more than 67108864 elements", scales(1, 1, 65535, 65535)),
                refused("cannot scale [8, 8, 8] by [8, 8, 7]", scales(1, 1, 8, 7)));
    }

    private static Consumer<ModelProto.Builder> scales(float... scales) {
        return model -> tensor(model, "expanded.8x8")
                .setRawData(Protos.floats("", List.of(4), scales).getRawData());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changesOfAResize")
    void a_resize_only_broadcasts_squeeze_and_excitation_gates(String message, Consumer<ModelProto.Builder> change)
            throws IOException {
        ModelProto.Builder model =
                ModelProto.parseFrom(OnnxFile.of(SampleModels.withRandomState(SampleModels.gates(), 1))
                                .bytes())
                        .toBuilder();
        change.accept(model);
        assertRefused(file(model.build().toByteArray()), OnnxLimits.defaults(), message);
    }

    @Test
    void a_small_file_that_asks_for_a_huge_activation_is_refused() throws IOException {
        ModelProto.Builder model = good();
        attribute(model, "stem.conv", "pads").clearInts().addAllInts(List.of(65535L, 65535L, 65535L, 65535L));
        attribute(model, "stem.conv", "strides").clearInts().addAllInts(List.of(1L, 1L));
        Path file = file(model.build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.read(file))
                .isInstanceOf(OnnxException.class)
                .hasMessageContaining("activation 'stem.conv' has dimensions [8, 131084, 131084], more than 67108864");
    }

    @Test
    void a_small_file_that_asks_for_years_of_work_is_refused() throws IOException {
        ModelProto.Builder model = good();
        attribute(model, "narrow", "kernel_shape").clearInts().addAllInts(List.of(4096L, 4096L));
        attribute(model, "narrow", "pads").clearInts().addAllInts(List.of(3000L, 3000L, 3000L, 3000L));
        attribute(model, "narrow", "strides").clearInts().addAllInts(List.of(1L, 1L));
        Path file = file(model.build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.read(file))
                .isInstanceOf(OnnxException.class)
                .hasMessageContaining("node 'narrow' makes 43823052 elements by 16777216 operations each; with the ")
                .hasMessageEndingWith(" of the nodes before it that is more than 274877906944");
    }

    @Test
    void every_operation_counts() throws IOException {
        Path file = file(GOOD);
        long operations = 0; // of everyOp, by hand
        operations += 8 * 8 * 8 * 27 + 2 * 8 * 8 * 8; // stem: convolution, norm and relu
        operations += 12 * 8 * 8 * 18 + 2 * 12 * 8 * 8; // grouped, of 2 channels a group
        operations += 12 * 6 * 6 * 25 + 2 * 12 * 6 * 6; // depthwise, without all of its padding
        operations += 12 * 4 * 4 * 9 + 12 * 3 * 3 * 9 + 12 * 3 * 3 * 4; // near, far, narrow
        operations += 12 * 3 * 3 * 12 + 12 * 3 * 3 * 4 + 12 * 3 * 3; // biased, near2, sum
        operations += 12 * 3 * 3 + 36 * 3 * 3; // far2, both
        operations += 36 * 9 + 36 + 5 * 36; // the average, flattened, and the linear layer
        OnnxFile.read(file, OnnxLimits.defaults().withOperations(operations));
        assertRefused(
                file,
                OnnxLimits.defaults().withOperations(operations - 1),
                "node 'fc' makes 5 elements by 36 operations each; with the " + (operations - 180)
                        + " of the nodes before it that is more than " + (operations - 1));
    }

    @Test
    void limits_are_those_that_are_given() throws IOException {
        Path file = file(GOOD);
        OnnxLimits limits = OnnxLimits.defaults();
        OnnxFile.read(file, limits.withBytes(GOOD.length));
        assertRefused(file, limits.withBytes(GOOD.length - 1), "the file has " + GOOD.length + " bytes; at most ");
        assertRefused(file, limits.withWeights(1000), "elements, more than 1000");
        assertRefused(
                file, limits.withActivation(700), "activation 'input0' has dimensions [3, 16, 16], more than 700");
        assertRefused(file, limits.withFields(200), "more than 200 protobuf fields");
        assertRefused(
                file, limits.withActivations(2000), "the activations up to here have 2304 elements, more than 2000");
        assertThatThrownBy(() -> limits.withOperations(0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void assertRefused(Path file, OnnxLimits limits, String message) {
        assertThatThrownBy(() -> OnnxFile.read(file, limits))
                .isInstanceOf(OnnxException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void packed_numbers_count_before_they_become_objects() throws IOException {
        ModelProto.Builder model = good();
        TensorProto.Builder packed = tensor(model, "fc.bias");
        IntStream.range(0, 2_000_000).forEach(i -> packed.addInt64Data(0));
        assertRefused(file(model.build().toByteArray()), OnnxLimits.defaults(), "more than 1000000 protobuf fields");
    }

    @Test
    void graphs_inside_graphs_are_not_followed_without_end() throws IOException {
        GraphProto graph = GraphProto.getDefaultInstance();
        for (int depth = 0; depth < 40; depth++) {
            graph = GraphProto.newBuilder()
                    .addNode(NodeProto.newBuilder()
                            .addAttribute(AttributeProto.newBuilder().setG(graph)))
                    .build();
        }
        assertRefused(
                file(ModelProto.newBuilder().setGraph(graph).build().toByteArray()),
                OnnxLimits.defaults(),
                "more than 16 deep");
    }

    @Test
    void a_file_that_is_not_onnx_is_refused_as_such() throws IOException {
        assertRefused(file(new byte[0]), OnnxLimits.defaults(), "not an ONNX file");
        assertRefused(
                file("<html>not found</html>".getBytes(StandardCharsets.UTF_8)),
                OnnxLimits.defaults(),
                "not an ONNX file");
        assertRefused(file(Arrays.copyOf(GOOD, GOOD.length - 5)), OnnxLimits.defaults(), "not an ONNX file");
        byte[] endOfGroup = Arrays.copyOf(GOOD, GOOD.length + 1);
        endOfGroup[GOOD.length] = 1 << 3 | 4; // of field 1, in protobuf's encoding
        assertRefused(file(endOfGroup), OnnxLimits.defaults(), "not an ONNX file");
        assertRefused(folder.resolve("absent.onnx"), OnnxLimits.defaults(), "there is no such file");
        assertRefused(folder, OnnxLimits.defaults(), "irectory");
    }

    @Test
    void damage_anywhere_is_refused_or_harmless_and_never_anything_else() throws IOException {
        long seed = 20;
        RandomGenerator random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < 200; round++) {
            byte[] damaged = GOOD.clone();
            int at = random.nextInt(damaged.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            try {
                OnnxFile.read(file(damaged));
            } catch (OnnxException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", byte " + at, e);
            }
        }
        assertThat(refused).isGreaterThan(20);
    }

    @Test
    void a_file_of_another_kind_is_named_with_the_remedy() throws IOException {
        String pointer =
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 11370000\n";
        assertRefused(
                file(pointer.getBytes(StandardCharsets.UTF_8)),
                OnnxLimits.defaults(),
                "not an ONNX file but a git-lfs pointer, which stands for a file of 11370000 bytes");
        String page = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>";
        assertRefused(
                file(page.getBytes(StandardCharsets.UTF_8)),
                OnnxLimits.defaults(),
                "not an ONNX file but a web page ('Sign in')");
    }
}
