package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.network.Card;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training and evaluation by list files. */
@Tag("native")
class ListFilesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path images;

    @BeforeEach
    void draw() throws IOException {
        images = folder.resolve("images");
        SyntheticImages.draw(images, 3, 2, 1);
    }

    /** Images of a part, with labels from {@code first} on, class by class. */
    private Path list(String part, int first) throws IOException {
        List<String> lines = new ArrayList<>();
        int label = first;
        for (Motif motif : Motif.values()) {
            String name = motif.label();
            try (var files = Files.list(images.resolve(part).resolve(name))) {
                for (Path file : files.sorted().toList()) {
                    lines.add(part + "/" + name + "/" + file.getFileName() + " " + label);
                }
            }
            label++;
        }
        return Files.write(folder.resolve(part + "_list.txt"), lines);
    }

    @Test
    void the_numbers_of_a_list_are_a_networks_outputs_without_the_background() throws IOException {
        List<String> labels = new ArrayList<>(List.of("background"));
        for (int i = 0; i < 12; i++) {
            labels.add(i < 2 ? "same" : "class " + i); // as ImageNet has two classes 'crane'
        }
        Card card = new Card(
                "resnet20_cifar", labels, Zoo.get("resnet20_cifar").preprocessing(), OptionalInt.of(0), Map.of());
        Path model = folder.resolve("model.safetensors");
        ModelFile.write(model, Untrained.model(Zoo.get("resnet20_cifar"), card, 1));

        Run run = Run.kinglet(
                "eval",
                model,
                "--data",
                images,
                "--cls_label_path_val",
                list("val", 2),
                "--json",
                "--output",
                folder.resolve("eval"));

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(MAPPER.readTree(run.out()).get("images").intValue()).isEqualTo(10);
        List<String> confusion = Files.readAllLines(folder.resolve("eval/per_class.csv"));
        assertThat(confusion).hasSize(1 + 12);
        assertThat(confusion.get(1)).startsWith("same,0,");
        assertThat(confusion.get(3)).startsWith("class 2,1,");
        assertThat(confusion.get(12)).startsWith("class 11,1,");

        Run outside = Run.kinglet("eval", model, "--data", images, "--cls-label-path-val", list("val", 3));
        assertThat(outside.status()).isEqualTo(1);
        assertThat(outside.lastLine())
                .isEqualTo("kinglet: " + folder.resolve("val_list.txt")
                        + ", line 10: the label 12 is outside the 12 classes, 0 to 11");
    }

    @Test
    void a_run_keeps_its_lists_its_names_and_its_balance() throws IOException {
        Path names = folder.resolve("names.txt");
        Files.write(names, List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
        List<Object> words = new ArrayList<>(List.of("train", "--data", images, "--model", "resnet20_cifar"));
        words.addAll(List.of("--cls-label-path-train", list("train", 0), "--cls-label-path-val", list("val", 0)));
        words.addAll(List.of("--labels", names, "--class-balance", "sample"));
        words.addAll(List.of("--batch-size", 10, "--epochs", 1, "--warmup-epochs", 0, "--lr", 0.01, "--threads", 1));
        words.addAll(List.of("--cache", "disk", "--cache-size", 1)); // with room for some of the images
        words.addAll(List.of("--output", folder.resolve("runs"), "--name", "run", "--json"));

        Run train = Run.kinglet(words.toArray());

        assertThat(train.status()).as(train.err()).isZero();
        Path run = folder.resolve("runs/run");
        assertThat(Files.readString(run.resolve("args.yaml")))
                .contains(
                        "cache: disk",
                        "cache_size: 1",
                        "class_balance: sample",
                        "cls_label_path_val: " + folder.resolve("val_list.txt"));
        assertThat(Files.readAllLines(run.resolve("labels.txt")))
                .startsWith("a", "b")
                .hasSize(10);
        assertThat(run).isDirectoryNotContaining("glob:**.cache");
        assertThat(Files.readString(run.resolve("report.html"))).contains("Heat map of ");
        Run own = Run.kinglet("eval", run, "--json");
        assertThat(own.status()).as(own.err()).isZero();
        JsonNode evaluated = MAPPER.readTree(own.out());
        assertThat(evaluated.get("images").intValue()).isEqualTo(10);
        assertThat(evaluated.get("top1").doubleValue())
                .isEqualTo(MAPPER.readTree(train.out()).get("top1").doubleValue());
        Run other = Run.kinglet("eval", run, "--cls-label-path-val", list("train", 0), "--json");
        assertThat(other.status()).as(other.err()).isZero();
        assertThat(MAPPER.readTree(other.out()).get("images").intValue()).isEqualTo(20);
    }

    @Test
    void wrong_lists_end_before_anything_is_made() throws IOException {
        Path train = list("train", 0);
        assertWrong(2, "give a list of them too", "--cls-label-path-train", train);
        assertWrong(2, "so does --val-every 5", "--cls-label-path-train", train, "--val-every", 5);
        Path names = Files.writeString(folder.resolve("names.txt"), "a\nb\n");
        assertWrong(2, "names its own; leave it out", "--labels", names);
        assertWrong(
                1,
                "train_list.txt, line 5: the label 2 is outside the 2 classes, 0 to 1",
                "--cls-label-path-train",
                train,
                "--cls-label-path-val",
                list("val", 0),
                "--labels",
                names);
        assertWrong(2, "--class-balance: expected one of none, sample", "--class-balance", "weight");
    }

    private void assertWrong(int status, String reason, Object... words) {
        List<Object> all =
                new ArrayList<>(List.of("train", "--data", images, "--model", "resnet20_cifar", "--batch-size", 2));
        all.addAll(List.of("--output", folder.resolve("runs")));
        all.addAll(List.of(words));
        Run run = Run.kinglet(all.toArray());
        assertThat(run.status()).as(run.err()).isEqualTo(status);
        assertThat(run.err()).contains(reason).hasLineCount(1);
        assertThat(folder.resolve("runs")).doesNotExist();
    }
}
