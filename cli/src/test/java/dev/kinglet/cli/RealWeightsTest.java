package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weights that others trained, on real images: the accuracy PyTorch has with them. Folders are named by the environment
 * variables KINGLET_WEIGHTS and KINGLET_DATA.
 */
@Tag("native")
@Tag("data")
class RealWeightsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    private static Path given(String variable, String name) {
        String value = System.getenv(variable);
        assumeThat(value).as(variable).isNotNull();
        Path path = Path.of(value).resolve(name);
        assumeThat(path).exists();
        return path;
    }

    private Path imported(String model, Path weights, Path labels) {
        Path file = folder.resolve(model + ".safetensors");
        Run run = Run.kinglet("import", "--model", model, weights, "--labels", labels, "--output", file);
        assertThat(run.status()).as(run.err()).isZero();
        return file;
    }

    private static JsonNode evaluated(Path model, Path data, String split) throws IOException {
        Run run = Run.kinglet("eval", model, "--data", data, "--split", split, "--json");
        assertThat(run.status()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    @Test
    void tensorflows_mobilenet_knows_imagenets_classes() throws IOException {
        Path weights = given("KINGLET_WEIGHTS", "tf_mobilenetv2_100.safetensors");
        Path names = given("KINGLET_DATA", "imagenet-200/imagenet_classes.txt");
        Path model = imported("tf_mobilenetv2_100", weights, names);
        Path classes = Files.createDirectory(folder.resolve("classes"));
        List<String> labels = Files.readAllLines(names);
        for (String line : Files.readAllLines(names.resolveSibling("labels.txt"))) {
            int blank = line.lastIndexOf(' ');
            Path image = names.resolveSibling(line.substring(0, blank));
            Path folderOfClass = classes.resolve(labels.get(Integer.parseInt(line.substring(blank + 1))));
            Files.createDirectories(folderOfClass);
            Files.copy(image, folderOfClass.resolve(image.getFileName()));
        }
        Path onnx = folder.resolve("exported.onnx");
        Run export = Run.kinglet("export", model, "--output", onnx);
        assertThat(export.status()).as(export.err()).isZero();
        for (Path file : List.of(model, onnx)) {
            JsonNode result = evaluated(file, classes, "all");
            assertThat(result.get("images").intValue()).isEqualTo(200);
            assertThat(result.get("top1").doubleValue()).isCloseTo(88.5, within(0.51));
            assertThat(result.get("top5").doubleValue()).isEqualTo(99.5);
        }
        Run listed = Run.kinglet(
                "eval",
                onnx,
                "--data",
                names.resolveSibling("."),
                "--cls-label-path-val",
                names.resolveSibling("labels.txt"),
                "--json");
        assertThat(listed.status()).as(listed.err()).isZero();
        JsonNode result = MAPPER.readTree(listed.out());
        assertThat(result.get("images").intValue()).isEqualTo(200);
        assertThat(result.get("top1").doubleValue()).isCloseTo(88.5, within(0.51));

        Path small = folder.resolve("int8.onnx");
        Path other = given("KINGLET_DATA", "caltech101-16");
        Run int8 = Run.kinglet(
                "export", model, "--output", small, "--int8", "--calibrate", other, "--calibrate-images", 32);
        assertThat(int8.status()).as(int8.err()).isZero();
        assertThat((double) Files.size(small) / Files.size(onnx)).isLessThan(0.27);
        assertThat(evaluated(small, classes, "all").get("top1").doubleValue()).isCloseTo(88.5, within(1.01));
    }

    @Test
    void five_images_of_each_class_are_enough_for_mobilenet() throws IOException {
        Path weights = given("KINGLET_WEIGHTS", "tf_mobilenetv2_100.safetensors");
        Path names = given("KINGLET_DATA", "imagenet-200/imagenet_classes.txt");
        Path data = given("KINGLET_DATA", "caltech101-16");
        Path model = imported("tf_mobilenetv2_100", weights, names);
        Path file = folder.resolve("few.onnx");
        Run run = Run.kinglet("few-shot", model, data, "--shots", 5, "--seed", 0, "--output", file, "--json");
        assertThat(run.status()).as(run.err()).isZero();
        JsonNode made = MAPPER.readTree(run.out());
        assertThat(made.get("images").intValue()).isEqualTo(80);
        assertThat(made.get("other_images").intValue()).isEqualTo(1737);
        assertThat(made.get("top1").doubleValue()).isCloseTo(96.66, within(0.5));

        JsonNode all = evaluated(file, data, "all");
        assertThat(all.get("images").intValue()).isEqualTo(1817);
        assertThat(all.get("top1").doubleValue() * 1817)
                .isGreaterThanOrEqualTo(
                        made.get("top1").doubleValue() * 1737 - 100); // the others, and those it is made of
    }

    @Test
    void resnet_20_has_its_authors_error_on_cifar_10() throws IOException {
        Path weights = given("KINGLET_WEIGHTS", "resnet20-cifar10.th");
        Path data = given("KINGLET_DATA", "cifar10-png");
        List<String> classes =
                List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
        Path model = imported("resnet20_cifar", weights, Files.write(folder.resolve("labels.txt"), classes));
        Path onnx = folder.resolve("resnet20.onnx");
        Run export = Run.kinglet("export", model, "--output", onnx);
        assertThat(export.status()).as(export.err()).isZero();
        for (Path file : List.of(model, onnx)) { // by libtorch, and by ONNX Runtime
            JsonNode result = evaluated(file, data, "test");
            assertThat(result.get("images").intValue()).isEqualTo(10_000);
            assertThat(result.get("top1").doubleValue()).isEqualTo(91.73); // the error its author prints: 8.27 %
        }
    }
}
