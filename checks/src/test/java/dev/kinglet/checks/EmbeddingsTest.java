package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.Batch;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.torch.TorchScorer;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One embedding, whatever runs the network: libtorch, or the exported file. */
@Tag("native")
class EmbeddingsTest {
    private static final int IMAGES = 3;
    private static final int CLASSES = 5;

    @TempDir
    Path folder;

    static Stream<Variant> small() {
        return withParameters(0, 3_000_000);
    }

    /** Without VGG, whose weights fill the heap; what its head reads is in {@code ZooTest}. */
    static Stream<Variant> large() {
        return withParameters(3_000_000, 50_000_000);
    }

    private static Stream<Variant> withParameters(long from, long to) {
        return Zoo.all().stream().filter(variant -> {
            long parameters = Costs.of(variant.network(variant.preprocessing().shape(), CLASSES))
                    .parameters();
            return from <= parameters && parameters < to;
        });
    }

    @ParameterizedTest
    @MethodSource("small")
    void an_exported_file_gives_the_embeddings_and_the_logits_of_libtorch(Variant variant) throws IOException {
        requireEqualAnswers(variant);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("large")
    void so_does_that_of_a_large_network(Variant variant) throws IOException {
        requireEqualAnswers(variant);
    }

    private void requireEqualAnswers(Variant variant) throws IOException {
        Preprocessing preprocessing = variant.preprocessing().withInputSize(64);
        Network network = variant.network(preprocessing.shape(), CLASSES);
        List<String> labels =
                IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList();
        Model model = new Model(
                network,
                // weights that float32 can bear; pruned, or else learned groups could not be converted
                Pruning.advance(network, variant.initialization().draw(network, new SplittableRandom(1)), 1),
                new Card(variant.name(), labels, preprocessing));
        Batch batch = batch(preprocessing.inputSize());
        double[] embeddings;
        double[] logits;
        try (TorchScorer scorer = TorchScorer.of(model, 1)) {
            embeddings = doubles(scorer.embeddings(batch));
            logits = doubles(scorer.logits(batch));
            assertThat(embeddings).hasSize(IMAGES * scorer.features());
        }
        Model rewritten = Rewrites.apply(Rewrites.all(), model);
        for (InputType input : InputType.values()) {
            Path file = folder.resolve("embeddings.onnx");
            OnnxFile.of(rewritten, input, true).write(file);
            try (Classifier classifier = Classifier.open(file)) {
                assertThat(classifier.features()).hasValue(embeddings.length / IMAGES);
                assertThat(Golden.largestDifference(classifier.embed(batch), embeddings))
                        .isLessThan(Exporter.TOLERANCE);
                assertThat(Golden.largestDifference(classifier.logits(batch), logits))
                        .isLessThan(Exporter.TOLERANCE);
            }
        }
    }

    private static Batch batch(int pixels) {
        byte[] bytes = new byte[IMAGES * 3 * pixels * pixels];
        new Random(1).nextBytes(bytes);
        ByteBuffer images = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return new Batch(images, pixels, new int[IMAGES], new int[IMAGES]);
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
