package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.cli.Main;
import dev.kinglet.cli.console.Console;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole job of each family on a few images: train, evaluate, predict, export, and the same scores from the file. */
@Tag("native")
class ChainTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path images;

    @BeforeEach
    void draw() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 5, 3, 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"hardnet39ds", "asymmnet_small_x0.35", "peleenet", "spgnet_s2p6", "condensenetv2_a_learned"})
    void a_trained_network_gives_the_same_scores_from_its_exported_file(String model) throws IOException {
        Path runs = folder.resolve("runs");
        Path file = folder.resolve("network.onnx");
        Path image = first(first(images.resolve("val")));

        kinglet(
                "train",
                "--model",
                model,
                "--data",
                images,
                "--img-size",
                64,
                "--batch-size",
                8,
                "--epochs",
                2,
                "--lr",
                0.002,
                "--output",
                runs,
                "--name",
                "run");
        JsonNode trained = kinglet("eval", runs.resolve("run"), "--json");
        JsonNode predicted = kinglet("predict", runs.resolve("run"), image, "--topk", 10, "--json")
                .get(0);
        kinglet("export", runs.resolve("run"), "--output", file);
        JsonNode exported = kinglet("eval", file, "--data", images, "--json");
        JsonNode inferred =
                kinglet("predict", file, image, "--topk", 10, "--json").get(0);

        assertThat(exported.get("images").asInt())
                .isPositive()
                .isEqualTo(trained.get("images").asInt());
        assertThat(exported.get("top1").asDouble())
                .isEqualTo(trained.get("top1").asDouble());
        assertThat(scores(inferred)).hasSize(10);
        assertThat(inferred.get("class_ids")).isEqualTo(predicted.get("class_ids"));
        for (int i = 0; i < scores(predicted).size(); i++) {
            assertThat(scores(inferred).get(i)).isCloseTo(scores(predicted).get(i), Offset.offset(1e-5));
        }
        try (Classifier classifier = Classifier.open(file)) {
            LabeledScore best = classifier.classify(image).get(0);
            assertThat(best.label())
                    .isEqualTo(predicted.get("label_names").get(0).asText());
            assertThat(best.score()).isCloseTo(scores(predicted).get(0), Offset.offset(1e-5));
        }
    }

    private static Path first(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().findFirst().orElseThrow();
        }
    }

    private static List<Double> scores(JsonNode prediction) {
        return MAPPER.convertValue(
                prediction.get("scores"), MAPPER.getTypeFactory().constructCollectionType(List.class, Double.class));
    }

    /** Runs a command, says so in a line, and reads what it prints if that is JSON. */
    private static JsonNode kinglet(Object... words) throws IOException {
        String[] args = Stream.of(words).map(Object::toString).toArray(String[]::new);
        String command = "kinglet " + String.join(" ", args);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(
                args,
                new Console(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false));
        assertThat(status)
                .as(command + "\n" + err.toString(StandardCharsets.UTF_8))
                .isZero();
        System.out.println("Run successfully: " + command);
        String printed = out.toString(StandardCharsets.UTF_8);
        return command.endsWith("--json") ? MAPPER.readTree(printed) : MAPPER.nullNode();
    }
}
