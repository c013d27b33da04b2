package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.torch.TorchScorer;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One answer, whatever runs the network: the authors', libtorch's, and the exported file's. */
@Tag("native")
class ParityTest {
    @TempDir
    Path folder;

    static Stream<Variant> recorded() {
        return Golden.recorded().stream();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void an_exported_file_gives_the_authors_logits(Variant variant) throws IOException {
        Model model = Golden.model(variant);
        float[] image = Golden.image(variant.preprocessing().inputSize());
        for (Model written : List.of(model, Rewrites.foldBatchNorms().apply(model))) {
            Path file = folder.resolve(variant.name() + ".onnx");
            OnnxFile.of(written).write(file); // the exporter's own check is of weights that float32 can bear
            try (Classifier classifier = Classifier.open(file)) {
                assertThat(Golden.largestDifference(classifier.logits(image, 1), Golden.logits(variant)))
                        .isLessThan(Golden.tolerance(variant));
                assertThat(classifier.card().model()).isEqualTo(variant.name());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void a_model_through_a_file_of_weights_gives_the_authors_logits(Variant variant) throws IOException {
        Path file = folder.resolve(variant.name() + ".safetensors");
        ModelFile.write(file, Golden.model(variant));
        Model read = ModelFile.read(
                file,
                card -> Zoo.get(card.model())
                        .network(card.preprocessing().shape(), card.labels().size()));
        float[] image = Golden.image(variant.preprocessing().inputSize());
        try (TorchScorer scorer = TorchScorer.of(read, 1)) {
            assertThat(Golden.largestDifference(scorer.logits(image, 1), Golden.logits(variant)))
                    .isLessThan(Golden.tolerance(variant));
        }
    }
}
