package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maps of where a network finds a class, from an exported file and from weights, as numbers and as PNG files. */
@Tag("native")
class ExplainCommandTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static Path images; // of ten classes, one each
    private static Path run;
    private static Path exported;

    @BeforeAll
    static void train() throws IOException {
        Path set = folder.resolve("set");
        SyntheticImages.draw(set, 2, 1, 4);
        images = set.resolve("val");
        Run trained = Run.kinglet(
                "train",
                "--data",
                set,
                "--model",
                "resnet20_cifar",
                "--epochs",
                1,
                "--batch-size",
                10,
                "--output",
                folder,
                "--name",
                "run",
                "--workers",
                1);
        assertThat(trained.status()).as(trained.err()).isZero();
        run = folder.resolve("run");
        exported = folder.resolve("model.onnx");
        assertThat(Run.kinglet("export", run, "--output", exported).status()).isZero();
    }

    private static JsonNode json(Object... words) throws IOException {
        Run run = Run.kinglet(words);
        assertThat(run.status()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static double mean(JsonNode map) {
        double sum = 0;
        for (JsonNode row : map) {
            for (JsonNode value : row) {
                sum += value.doubleValue();
            }
        }
        return sum / map.size() / map.get(0).size();
    }

    @Test
    void a_run_and_its_export_give_the_same_maps_and_grad_cam_their_positive_part() throws IOException {
        Path output = folder.resolve("same");
        JsonNode ofFile = json("explain", exported, images, "--output", output, "--class", 3, "--json");
        JsonNode ofRun = json("explain", run, images, "--output", output, "--class", 3, "--json");
        JsonNode ofGradients =
                json("explain", run, images, "--output", output, "--class", 3, "--json", "--method", "grad-cam");
        JsonNode predicted = json("predict", exported, images, "--json");

        assertThat(ofFile).hasSize(predicted.size());
        for (int i = 0; i < ofFile.size(); i++) {
            assertThat(ofFile.get(i).get("method").textValue()).isEqualTo("cam");
            assertThat(ofGradients.get(i).get("method").textValue()).isEqualTo("grad-cam");
            assertThat(ofFile.get(i).get("file_name"))
                    .isEqualTo(predicted.get(i).get("file_name"));
            JsonNode best = ofFile.get(i).get("maps").get(0);
            assertThat(best.get("class_id"))
                    .isEqualTo(predicted.get(i).get("class_ids").get(0));
            assertThat(best.get("score").doubleValue())
                    .isCloseTo(predicted.get(i).get("scores").get(0).doubleValue(), within(1e-6));
            for (int m = 0; m < ofFile.get(i).get("maps").size(); m++) {
                JsonNode map = ofFile.get(i).get("maps").get(m).get("map");
                assertThat(map).hasSize(8);
                for (int y = 0; y < 8; y++) {
                    for (int x = 0; x < 8; x++) {
                        double value = map.get(y).get(x).doubleValue();
                        assertThat(at(ofRun, i, m, y, x)).isCloseTo(value, within(1e-4));
                        assertThat(at(ofGradients, i, m, y, x)).isCloseTo(Math.max(0, value) / 64, within(1e-4));
                    }
                }
            }
        }
    }

    private static double at(JsonNode answers, int image, int map, int row, int column) {
        return answers.get(image)
                .get("maps")
                .get(map)
                .get("map")
                .get(row)
                .get(column)
                .doubleValue();
    }

    @Test
    void an_int8_file_has_maps_by_the_same_method_that_look_at_the_same_places() throws IOException {
        Path int8 = folder.resolve("int8.onnx");
        Run quantized = Run.kinglet("export", run, "--output", int8, "--int8", "--calibrate", images);
        assertThat(quantized.status()).as(quantized.err()).isZero();
        Path output = folder.resolve("quantized");
        JsonNode ofFloat = json("explain", exported, images, "--output", output, "--class", 3, "--json");

        JsonNode ofInt8 = json("explain", int8, images, "--output", output, "--class", 3, "--json");

        for (int i = 0; i < ofFloat.size(); i++) {
            assertThat(ofInt8.get(i).get("method").textValue()).isEqualTo("cam");
            assertThat(correlation(map(ofFloat.get(i), 3), map(ofInt8.get(i), 3)))
                    .as(ofFloat.get(i).get("file_name").textValue())
                    .isGreaterThan(0.9);
        }
    }

    /** Values of the map of a class, row by row. */
    static double[] map(JsonNode image, int index) {
        for (JsonNode map : image.get("maps")) {
            if (map.get("class_id").intValue() == index) {
                return StreamSupport.stream(map.get("map").spliterator(), false)
                        .flatMap(row -> StreamSupport.stream(row.spliterator(), false))
                        .mapToDouble(JsonNode::doubleValue)
                        .toArray();
            }
        }
        throw new AssertionError("there is no map of class " + index);
    }

    static double correlation(double[] first, double[] second) {
        double firstMean = Arrays.stream(first).average().orElseThrow();
        double secondMean = Arrays.stream(second).average().orElseThrow();
        double product = 0;
        double firstSquares = 0;
        double secondSquares = 0;
        for (int i = 0; i < first.length; i++) {
            product += (first[i] - firstMean) * (second[i] - secondMean);
            firstSquares += Math.pow(first[i] - firstMean, 2);
            secondSquares += Math.pow(second[i] - secondMean, 2);
        }
        return product / Math.sqrt(firstSquares * secondSquares);
    }

    @Test
    void every_image_and_class_has_a_file_of_its_own_and_a_place_on_the_contact_sheet() throws IOException {
        Path twice = Files.createDirectories(folder.resolve("twice/a"));
        Path other = Files.createDirectories(folder.resolve("twice/b"));
        Path image = images.resolve("dots/0000.png");
        Files.copy(image, twice.resolve("x.png"));
        Files.copy(image, other.resolve("x.png"));
        Path output = folder.resolve("files");
        String unlikely = label(9).equals(label(best(image))) ? label(8) : label(9);

        Run explained = Run.kinglet(
                "explain",
                exported,
                folder.resolve("twice"),
                "--output",
                output,
                "--class",
                unlikely,
                "--class",
                unlikely,
                "--contact-sheet");

        assertThat(explained.status()).as(explained.err()).isZero();
        List<String> names = files(output);
        assertThat(names).hasSize(5).contains("contact-sheet.png");
        assertThat(names.get(0)).matches("0001-x-\\d+-\\w+\\.png");
        assertThat(explained.out().lines()).hasSize(4);
        assertThat(explained.out())
                .contains(unlikely)
                .contains(output.resolve(names.get(0)).toString());
        BufferedImage map = ImageIO.read(output.resolve(names.get(0)).toFile());
        assertThat(map.getWidth()).isEqualTo(32);
        assertThat(map.getHeight()).isEqualTo(32);
        BufferedImage page = ImageIO.read(output.resolve("contact-sheet.png").toFile());
        assertThat(page.getWidth()).isEqualTo(4 * 138 + 10);
    }

    private static int best(Path image) throws IOException {
        return json("predict", exported, image, "--json")
                .get(0)
                .get("class_ids")
                .get(0)
                .intValue();
    }

    private static String label(int index) throws IOException {
        return files(images).get(index);
    }

    @Test
    void another_head_is_explained_by_occlusion_or_by_gradients() throws IOException {
        Path other = folder.resolve("other.onnx");
        assertThat(Run.kinglet("export", "--model", "spgnet_s2p6_cifar", "--output", other)
                        .status())
                .isZero();
        Path image = images.resolve("dots/0000.png");
        JsonNode answer = json("explain", other, image, "--output", folder.resolve("o"), "--json")
                .get(0);
        assertThat(answer.get("method").textValue()).isEqualTo("occlusion");
        assertThat(answer.get("maps").get(0).get("map")).hasSize(14);
        assertThat(Math.abs(mean(answer.get("maps").get(0).get("map")))).isBetween(1e-12, 1.0);

        Run refused = Run.kinglet("explain", other, image, "--output", folder.resolve("o"), "--method", "cam");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.lastLine())
                .contains("other.onnx (spgnet_s2p6_cifar) has another head than one linear layer")
                .endsWith("use occlusion");
    }

    @Test
    void an_unreadable_image_has_an_error_and_the_others_maps() throws IOException {
        Path damaged = Files.writeString(folder.resolve("damaged.png"), "no image");
        Path output = folder.resolve("damaged");
        Run explained = Run.kinglet(
                "explain", exported, damaged, images.resolve("dots/0000.png"), "--output", output, "--json");
        assertThat(explained.status()).isEqualTo(1);
        JsonNode answers = MAPPER.readTree(explained.out());
        assertThat(answers.get(0).get("error").textValue()).contains("damaged.png");
        assertThat(answers.get(0).has("maps")).isFalse();
        assertThat(answers.get(1).get("maps")).hasSize(1);
        assertThat(files(output)).hasSize(1).allMatch(name -> name.startsWith("0002-0000-"));
    }

    @Test
    void a_wrong_call_says_what_to_do_and_writes_nothing() {
        Path output = folder.resolve("nothing");
        Run noClass = Run.kinglet("explain", exported, images, "--output", output, "--class", "dotz");
        assertThat(noClass.status()).isEqualTo(2);
        assertThat(noClass.lastLine()).contains("unknown class 'dotz'; did you mean 'dots'?");
        assertThat(Run.kinglet("explain", exported, images, "--output", output, "--class", 10)
                        .lastLine())
                .contains("resnet20_cifar has classes 0 to 9, no 10");
        assertThat(Run.kinglet("explain", exported, images, "--output", output, "--method", "grad-cam")
                        .lastLine())
                .contains("an exported network, which has no gradients; use cam, where its head allows it");
        assertThat(Run.kinglet("explain", exported, images).lastLine()).contains("--output");
        assertThat(Run.kinglet("explain", exported, "--output", output).lastLine())
                .contains("IMAGE");
        assertThat(Run.kinglet("explain", exported, images, "--output", output, "--threads", 0)
                        .lastLine())
                .contains("--threads is at least 1, not 0");
        assertThat(output).doesNotExist();
    }
}
