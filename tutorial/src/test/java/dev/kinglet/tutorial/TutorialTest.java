package dev.kinglet.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.toolkit.Untrained;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.ModelFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
    void forty_lines_train_and_what_they_export_is_quantized_and_served() throws Exception {
        String printed = printed(TrainFromJava::main, folder);
        assertThat(printed)
                .contains("% of the validation images are classified correctly")
                .contains("LabeledScore");
        assertThat(Files.readAllLines(SOURCES.resolve("TrainFromJava.java"))).hasSizeLessThanOrEqualTo(40);

        Path images = folder.resolve("images").resolve("val");
        Path quantized = folder.resolve("int8.onnx");
        String[] lines = printed(QuantizeToInt8::main, folder.resolve("latest"), images, quantized)
                .split("\\R", -1);
        Matcher bytes = Pattern.compile("(\\d+) bytes, (\\d+) as float32").matcher(lines[0]);
        assertThat(bytes.matches()).as(lines[0]).isTrue();
        assertThat(Files.size(quantized))
                .isEqualTo(Long.parseLong(bytes.group(1)))
                .isLessThan(Long.parseLong(bytes.group(2)) / 2);
        assertThat(lines[1]).matches("the same best class for \\d+\\.\\d %");
        assertThat(lines[2]).matches("top-1 \\d+\\.\\d %");

        String address =
                printed(ServeModel::main, folder.resolve("shapes.onnx"), 0).strip();
        byte[] image = Files.readAllBytes(images.resolve("star").resolve("0000.png"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/predictions/birds"))
                .PUT(BodyPublishers.ofByteArray(image))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("label_names");
    }

    @Test
    void an_own_network_trains_and_its_exported_file_answers() throws Exception {
        assertThat(printed(OwnNetwork::main, folder)).contains("LabeledScore");
        assertThat(folder.resolve("tiny.onnx")).exists();
        String source = Files.readString(SOURCES.resolve("OwnNetwork.java"));
        assertThat(source.substring(source.indexOf("final class")).lines().count())
                .isLessThanOrEqualTo(40);
    }

    @Test
    void weights_that_a_file_holds_are_trained_on_for_other_classes() throws Exception {
        Path weights = folder.resolve("weights.safetensors");
        ModelFile.write(weights, Untrained.model("resnet20_cifar", 32, 10));
        Path images = folder.resolve("images");
        SyntheticImages.draw(images, 2, 4, 1);
        for (String split : new String[] {"train", "val"}) {
            delete(images.resolve(split).resolve("waves"));
        }
        String printed = printed(FineTune::main, images, weights, folder.resolve("tuned"));
        assertThat(printed).containsPattern("\\d+\\.\\d % after epoch [12]: .*tuned");
    }

    @Test
    void every_program_is_short() throws IOException {
        for (Path sources : List.of(SOURCES, Path.of("../examples/src/main/java/dev/kinglet/example"))) {
            try (Stream<Path> programs = Files.list(sources)) {
                for (Path program : programs.toList()) {
                    assertThat(Files.readAllLines(program))
                            .as(program.toString())
                            .hasSizeLessThan(60);
                }
            }
        }
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
