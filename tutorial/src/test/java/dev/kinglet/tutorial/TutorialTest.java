package dev.kinglet.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Network;
import dev.kinglet.network.Shape;
import dev.kinglet.toolkit.Recipes;
import dev.kinglet.toolkit.Training;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs run, and print what their comments promise. */
@Tag("native")
class TutorialTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/kinglet/tutorial");

    @TempDir
    private Path folder;

    @Test
    void forty_lines_train_evaluate_export_and_classify() throws Exception {
        String printed = printed(TrainFromJava::main, folder);
        assertThat(printed)
                .contains("% of the validation images are classified correctly")
                .contains("LabeledScore");
        assertThat(folder.resolve("shapes.onnx")).exists();
        assertThat(Files.readAllLines(SOURCES.resolve("TrainFromJava.java"))).hasSizeLessThanOrEqualTo(40);
    }

    @Test
    void an_own_network_trains_and_its_exported_file_answers() throws Exception {
        Network network = OwnNetwork.network(new Shape(3, 32, 32), 10);
        assertThat(network.output().shape()).isEqualTo(new Shape(10, 1, 1));
        assertThat(printed(OwnNetwork::main, folder)).contains("LabeledScore");
        assertThat(folder.resolve("tiny.onnx")).exists();
    }

    @Test
    void weights_of_a_run_are_trained_on_for_other_classes() throws Exception {
        Path drawn = folder.resolve("images");
        SyntheticImages.draw(drawn, 1, 4, 1);
        Training.of(Recipes.config(drawn, "resnet20_cifar")
                        .withEpochs(1)
                        .withBatchSize(8)
                        .withOutput(folder.resolve("runs")))
                .run();
        Path images = folder.resolve("other");
        SyntheticImages.draw(images, 2, 4, 1);
        for (String split : new String[] {"train", "val"}) {
            delete(images.resolve(split).resolve("waves"));
        }
        String printed = printed(
                FineTune::main,
                images,
                "resnet20_cifar",
                folder.resolve("runs").resolve("latest"),
                folder.resolve("tuned"));
        assertThat(printed).containsPattern("\\d+\\.\\d % after epoch [12]: .*tuned");
    }

    @Test
    void an_own_rewrite_removes_a_layer_and_the_exporter_accepts_it() throws Exception {
        String[] lines =
                printed(OwnRewrite::main, folder.resolve("x.onnx")).strip().split("\\R", -1);
        int before = layers(lines[0]);
        int after = layers(lines[lines.length - 1]);
        assertThat(lines[lines.length - 1]).startsWith("remove-dropout: ");
        assertThat(after).isEqualTo(before - 1);
    }

    private static int layers(String line) {
        return Integer.parseInt(line.replaceAll(".*: (\\d+) layers", "$1"));
    }

    private static void delete(Path images) throws IOException {
        try (var files = Files.list(images)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(images);
    }

    private interface Program {
        void run(String[] args) throws Exception;
    }

    private static String printed(Program program, Object... args) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            String[] words = new String[args.length];
            for (int i = 0; i < args.length; i++) {
                words[i] = args[i].toString();
            }
            program.run(words);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
