package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files are opened where there is no ONNX Runtime on the class path: whatever is refused was refused without it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedBeforeASessionTest {
    private static final byte[] GOOD =
            OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)).bytes();

    private final URLClassLoader withoutOnnxRuntime = new URLClassLoader(
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("onnxruntime"))
                    .map(RefusedBeforeASessionTest::url)
                    .toArray(URL[]::new),
            ClassLoader.getPlatformClassLoader());

    @TempDir
    Path folder;

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    @AfterAll
    void close() throws IOException {
        withoutOnnxRuntime.close();
    }

    /** Calls {@link Classifier#open(Path)} there. */
    private void open(byte[] bytes) throws Throwable {
        Path file = Files.write(folder.resolve("model.onnx"), bytes);
        try {
            Class.forName(Classifier.class.getName(), true, withoutOnnxRuntime)
                    .getMethod("open", Path.class)
                    .invoke(null, file);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
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

    private static void integers(ModelProto.Builder model, String node, String attribute, Long... values) {
        node(model, node).getAttributeBuilderList().stream()
                .filter(builder -> builder.getName().equals(attribute))
                .forEach(builder -> builder.clearInts().addAllInts(List.of(values)));
    }

    private static TensorProto list(String name, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(values.length)
                .setRawData(ByteString.copyFrom(bytes))
                .build();
    }

    /** A whole model of a hundred bytes, valid ONNX, whose one node makes 2^36 floats. */
    private static byte[] tiny() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("g")
                        .addInitializer(list("n", 1L << 36))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("ConstantOfShape")
                                .addInput("n")
                                .addOutput("y"))
                        .addOutput(ValueInfoProto.newBuilder().setName("y")))
                .build()
                .toByteArray();
    }

    private static Arguments refused(String message, Consumer<ModelProto.Builder> change) {
        ModelProto.Builder model = good();
        change.accept(model);
        return Arguments.of(message, model.build().toByteArray());
    }

    static Stream<Arguments> files() {
        return Stream.of(
                Arguments.of("it has 0 inputs and 1 outputs", tiny()),
                Arguments.of("not an ONNX file", Arrays.copyOf(GOOD, GOOD.length / 2)),
                refused(
                        "names data outside the file",
                        m -> m.getGraphBuilder()
                                .getInitializerBuilder(0)
                                .clearRawData()
                                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                                .addExternalData(StringStringEntryProto.newBuilder()
                                        .setKey("location")
                                        .setValue("/dev/zero"))),
                refused(
                        "operator 'ConstantOfShape' of operator set '' is not one of",
                        m -> m.getGraphBuilder()
                                .addInitializer(list("n", 1L << 36))
                                .addNode(NodeProto.newBuilder()
                                        .setName("many")
                                        .setOpType("ConstantOfShape")
                                        .addInput("n")
                                        .addOutput("many"))),
                refused(
                        "operator 'Expand' of operator set '' is not one of",
                        m -> m.getGraphBuilder()
                                .addInitializer(list("n", 1, 5, 1L << 36))
                                .addNode(NodeProto.newBuilder()
                                        .setName("wide")
                                        .setOpType("Expand")
                                        .addInput("output0")
                                        .addInput("n")
                                        .addOutput("wide"))),
                refused(
                        "operator 'GridSample' of operator set '' is not one of",
                        m -> node(m, "narrow").setOpType("GridSample")),
                refused(
                        "operator 'Conv' of operator set 'com.microsoft'",
                        m -> node(m, "stem.conv").setDomain("com.microsoft")),
                refused("'stem.conv' has dimensions [8, 131084, 131084], more than", m -> {
                    integers(m, "stem.conv", "pads", 65535L, 65535L, 65535L, 65535L);
                    integers(m, "stem.conv", "strides", 1L, 1L);
                }),
                refused("'near' has dimensions [12, 131076, 131076], more than", m -> {
                    integers(m, "near", "pads", 65535L, 65535L, 65535L, 65535L);
                    integers(m, "near", "strides", 1L, 1L);
                }),
                refused("node 'narrow' makes 43823052 elements by 16777216 operations each", m -> {
                    integers(m, "narrow", "kernel_shape", 4096L, 4096L);
                    integers(m, "narrow", "pads", 3000L, 3000L, 3000L, 3000L);
                    integers(m, "narrow", "strides", 1L, 1L);
                }),
                refused(
                        "to have a free batch axis",
                        m -> m.getGraphBuilder()
                                .getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(0)
                                .setDimValue(1L << 36)),
                refused("activation 'input0' has dimensions [3, 60000, 60000], more than", m -> {
                    m.getMetadataPropsBuilderList().stream()
                            .filter(entry -> entry.getKey().equals("input_size"))
                            .forEach(entry -> entry.setValue("60000"));
                    for (int axis = 2; axis < 4; axis++) {
                        m.getGraphBuilder()
                                .getInputBuilder(0)
                                .getTypeBuilder()
                                .getTensorTypeBuilder()
                                .getShapeBuilder()
                                .getDimBuilder(axis)
                                .setDimValue(60000);
                    }
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void it_is_refused_where_there_is_no_onnx_runtime(String message, byte[] bytes) {
        assertThatThrownBy(() -> open(bytes))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(folder.resolve("model.onnx") + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void a_good_file_goes_as_far_as_onnx_runtime() {
        assertThatThrownBy(() -> open(GOOD))
                .isInstanceOf(NoClassDefFoundError.class)
                .hasMessageContaining("ai/onnxruntime/");
    }

    @Test
    void the_tiny_file_is_tiny() {
        assertThat(tiny()).hasSizeLessThan(108);
    }
}
