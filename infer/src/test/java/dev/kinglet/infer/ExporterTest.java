package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.network.rewrite.Rewrite;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("native")
class ExporterTest {
    @TempDir
    Path folder;

    static Stream<Model> models() {
        return SampleModels.all();
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_network_as_it_is_gives_the_same_logits(Model model) throws IOException {
        ExportReport report = new Exporter(List.of()).export(model, folder.resolve("plain.onnx"));
        assertThat(report.difference()).isLessThan(1e-5); // a few layers of float32, in standard deviations
        assertThat(report.written()).isEqualTo(model);
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_folded_network_gives_the_same_logits(Model model) throws IOException {
        ExportReport report = Exporter.defaults().export(model, folder.resolve("folded.onnx"));
        assertThat(report.difference()).isLessThan(1e-5);
        assertThat(report.bytes()).isEqualTo(Files.size(folder.resolve("folded.onnx")));
    }

    @ParameterizedTest
    @MethodSource("models")
    void one_image_and_three_give_the_logits_of_the_reference(Model model) throws IOException {
        OnnxFile plain = OnnxFile.of(model);
        OnnxFile folded = OnnxFile.of(Rewrites.foldBatchNorms().apply(model));
        for (int images : new int[] {1, 3}) {
            assertThat(Exporter.difference(model, plain, "plain", images)).isLessThan(1e-5);
            assertThat(Exporter.difference(model, folded, "folded", images)).isLessThan(1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void uint8_input_gives_the_logits_of_the_normalized_images(Model model) throws IOException {
        Path file = folder.resolve("bytes.onnx");
        ExportReport report = new Exporter(Rewrites.all(), InputType.UINT8).export(model, file);
        assertThat(report.difference()).isLessThan(1e-5);
        assertThat(OnnxFile.read(file).inputType()).isEqualTo(InputType.UINT8);
    }

    @ParameterizedTest
    @MethodSource("models")
    void embeddings_are_compared_with_those_of_the_reference(Model model) throws IOException {
        for (InputType input : InputType.values()) {
            Path file = folder.resolve("embeddings.onnx");
            ExportReport report =
                    new Exporter(Rewrites.all(), input).withEmbeddings().export(model, file);
            assertThat(report.difference()).isLessThan(1e-5);
            assertThat(OnnxFile.read(file).features())
                    .hasValue(Math.toIntExact(model.network().features().shape().elements()));
        }
    }

    @Test
    void an_embedding_that_a_rewrite_changes_is_not_exported() {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Rewrite louder = new Nudge("biased.bias", 0.01f);
        Path file = folder.resolve("model.onnx");
        assertThatThrownBy(() -> new Exporter(List.of(louder)).withEmbeddings().export(model, file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(file + " is not written: its logits or embeddings would differ");
        assertThat(file).doesNotExist();
    }

    @Test
    void the_card_names_the_rewrites_and_the_plan() throws IOException {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Path file = folder.resolve("folded.onnx");
        Exporter.of(ConvPlan.byRule().withChannelBlock(16), InputType.FLOAT32).export(model, file);
        assertThat(OnnxFile.read(file).card())
                .isEqualTo(model.card()
                        .with(
                                Card.REWRITES,
                                "fold-batch-norms,linears-to-convolutions,split-narrow-groups,align-channels,drop-dead-layers")
                        .with(Card.CONV_PLAN, "lanes=16"));
    }

    /** A rewrite that is wrong in one weight. */
    private record Nudge(String tensor, float by) implements Rewrite {
        @Override
        public String name() {
            return "nudge";
        }

        @Override
        public Model apply(Model model) {
            Map<String, NdArray> tensors = new LinkedHashMap<>(model.tensors().asMap());
            float[] values = model.tensors().floats(tensor).clone();
            values[0] += by;
            tensors.put(tensor, new NdArray.Floats(model.tensors().get(tensor).dims(), values));
            return new Model(model.network(), new Tensors(tensors), model.card());
        }
    }

    @Test
    void a_wrong_rewrite_leaves_the_old_file_as_it_was() throws IOException {
        Model model = SampleModels.withRandomState(SampleModels.everyOp(), 1);
        Path file = Files.writeString(folder.resolve("model.onnx"), "what was there");
        assertThatThrownBy(() -> new Exporter(List.of(new Nudge("fc.bias", 0.01f))).export(model, file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith(file + " is not written: its logits would differ from those of every_op by 0.0")
                .hasMessageEndingWith("or leave out one of the rewrites [nudge]");
        assertThat(file).hasContent("what was there");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void weights_that_are_not_numbers_are_not_exported() {
        Model model = new Nudge("fc.bias", Float.NaN).apply(SampleModels.withRandomState(SampleModels.everyOp(), 1));
        Path file = folder.resolve("model.onnx");
        assertThatThrownBy(() -> Exporter.defaults().export(model, file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("by NaN of their standard deviation")
                .hasMessageContaining("weights that are not numbers");
        assertThat(file).doesNotExist();
    }
}
