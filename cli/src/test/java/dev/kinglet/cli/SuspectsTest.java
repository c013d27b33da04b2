package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wrong labels are found, shown, listed, corrected and trained with. */
@Tag("native")
class SuspectsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path model() {
        Path model = folder.resolve("model.onnx");
        Run export = Run.kinglet("export", "--model", "resnet20_cifar", "--embeddings", "--output", model);
        assertThat(export.status()).as(export.err()).isZero();
        return model;
    }

    @Test
    void a_list_of_suspects_is_corrected_and_trained_with() throws IOException {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 8, 6, 3);
        Path output = folder.resolve("checked");
        Run run =
                Run.kinglet("data", "suspects", model(), "--data", images, "--folds", 3, "--output", output, "--json");
        assertThat(run.status()).as(run.err()).isZero();
        JsonNode found = MAPPER.readTree(run.out());

        JsonNode ranked = found.get("ranked");
        assertThat(found.get("suspects").intValue()).isEqualTo(ranked.size()).isPositive(); // random weights
        assertThat(run.err().contains("the network cannot tell these classes apart"))
                .as(run.err())
                .isEqualTo(4 * ranked.size() > found.get("images").intValue());
        double before = -2;
        for (JsonNode suspect : ranked) {
            assertThat(suspect.get("label")).isNotEqualTo(suspect.get("likely"));
            assertThat(suspect.get("margin").doubleValue()).isGreaterThanOrEqualTo(before);
            before = suspect.get("margin").doubleValue();
        }
        String page = Files.readString(output.resolve("suspects.html"));
        assertThat(page).contains(ranked.get(0).get("file_name").textValue(), "data:image/");
        assertThat(page).doesNotContain("src=\"http");

        Path list = output.resolve("train_list.txt");
        List<String> lines = new ArrayList<>(Files.readAllLines(list));
        int commented =
                (int) lines.stream().filter(line -> line.contains("\t# label ")).count();
        assertThat(commented).isPositive();
        assertThat(lines.subList(0, commented)).allMatch(line -> line.contains(", likely "));
        String first = lines.get(0);
        String likely = first.replaceFirst(".*, likely (\\d+) .*", "$1");
        lines.set(0, first.replaceFirst(" \\d+\t#", " " + likely + "\t#"));
        Files.write(list, lines);
        Run info = Run.kinglet(
                "data",
                "info",
                images,
                "--cls-label-path-train",
                list,
                "--cls-label-path-val",
                output.resolve("val_list.txt"),
                "--labels",
                output.resolve("labels.txt"),
                "--json");
        assertThat(info.status()).as(info.err()).isZero();
        JsonNode classes = MAPPER.readTree(info.out()).get("classes");
        String name = classes.get(Integer.parseInt(likely)).get("label").textValue();
        assertThat(first).endsWith("likely " + likely + " " + name);
        assertThat(classes.get(Integer.parseInt(likely)).get("train").intValue())
                .isGreaterThan(
                        classes.get(Integer.parseInt(likely)).get("validation").intValue());

        Run again = Run.kinglet("data", "suspects", folder.resolve("model.onnx"), "--data", images, "--output", output);
        assertThat(again.status()).isEqualTo(2);
        assertThat(again.lastLine()).contains("train_list.txt is there already");
        assertThat(Files.readAllLines(list)).isEqualTo(lines);
    }

    @Test
    void wrong_calls_are_refused() throws IOException {
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 1, 1, 1);
        Path model = model();
        Run few = Run.kinglet("data", "suspects", model, "--data", images, "--output", folder.resolve("no"));
        assertThat(few.status()).isEqualTo(1);
        assertThat(few.lastLine()).contains("at least two classes with 5 images");
        assertThat(folder.resolve("no")).doesNotExist();
        assertThat(Run.kinglet("data", "suspects", model).lastLine()).contains("--data is missing");
        assertThat(Run.kinglet("data", "suspects", model, "--data", images, "--folds", 1)
                        .lastLine())
                .contains("--folds is at least 2, not 1");
    }

    /** One label of twenty exchanged at random, in photos; the network is ImageNet's. */
    @Test
    @Tag("data")
    void exchanged_labels_are_found() throws IOException {
        String weights = System.getenv("KINGLET_WEIGHTS");
        String data = System.getenv("KINGLET_DATA");
        assumeThat(weights).as("KINGLET_WEIGHTS").isNotNull();
        assumeThat(data).as("KINGLET_DATA").isNotNull();
        Path source = Path.of(data, "caltech101-16");
        assumeThat(source).exists();
        Path model = folder.resolve("mobilenetv2.safetensors");
        Run imported = Run.kinglet(
                "import",
                "--model",
                "tf_mobilenetv2_100",
                Path.of(weights, "tf_mobilenetv2_100.safetensors"),
                "--output",
                model);
        assertThat(imported.status()).as(imported.err()).isZero();
        List<String> classes = names(source);
        List<Path> photos = new ArrayList<>();
        for (String name : classes) {
            names(source.resolve(name))
                    .forEach(file -> photos.add(source.resolve(name).resolve(file)));
        }
        Collections.shuffle(photos, new Random(1));
        int exchanged = photos.size() / 20;
        Random random = new Random(2);
        Path noisy = folder.resolve("noisy");
        for (int i = 0; i < photos.size(); i++) {
            String truth = source.relativize(photos.get(i)).getName(0).toString();
            String label = truth;
            while (i < exchanged && label.equals(truth)) {
                label = classes.get(random.nextInt(classes.size()));
            }
            Files.createDirectories(noisy.resolve(label));
            Files.createSymbolicLink(
                    noisy.resolve(label).resolve(truth + "__" + photos.get(i).getFileName()), photos.get(i));
        }

        Run run = Run.kinglet("data", "suspects", model, "--data", noisy, "--output", folder.resolve("out"), "--json");
        assertThat(run.status()).as(run.err()).isZero();
        JsonNode found = MAPPER.readTree(run.out());
        JsonNode ranked = found.get("ranked");
        int shown = Math.min(exchanged, ranked.size());
        int right = 0;
        int named = 0;
        for (int i = 0; i < shown; i++) {
            String[] parts = ranked.get(i).get("file_name").textValue().split("/|__", -1);
            right += parts[0].equals(parts[1]) ? 0 : 1;
            named += parts[1].equals(ranked.get(i).get("likely").textValue()) ? 1 : 0;
        }
        assertThat((double) right / shown).as("precision").isGreaterThanOrEqualTo(0.9);
        assertThat((double) right / exchanged).as("recall").isGreaterThanOrEqualTo(0.9);
        assertThat((double) named / shown)
                .as("the likely class is the true one")
                .isGreaterThanOrEqualTo(0.85);
        assertThat(found.get("estimated_errors").doubleValue()).isBetween(0.8 * exchanged, 1.3 * exchanged);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
