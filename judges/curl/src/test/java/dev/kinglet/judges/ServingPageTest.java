package dev.kinglet.judges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The commands of {@code docs/serving.md} and of {@code deploy/} work as they stand there. */
@Tag("native")
@Tag("system")
@EnabledOnOs({OS.LINUX, OS.MAC}) // bash
class ServingPageTest {
    private static final Path ROOT = Path.of("../..");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final String ADDRESS = "127.0.0.1:8080";

    @TempDir
    static Path folder;

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        Path model = folder.resolve("birds.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--embeddings", "--output", model);
        Files.createDirectories(folder.resolve("models/birds/1"));
        Files.copy(model, folder.resolve("models/birds/1/model.onnx"));
        Files.createDirectories(folder.resolve("flat"));
        Files.copy(model, folder.resolve("flat/otters.onnx"));
        Files.writeString(folder.resolve("tokens.txt"), "# of this test\na-long-secret\n");
        Files.write(folder.resolve("photo.png"), Drawing.png(60, 50));
        Drawing.convert(folder.resolve("photo.png"), folder.resolve("photo.jpg"), "jpg");
    }

    private static List<String> blocks(String page) throws IOException {
        return BLOCK.matcher(Files.readString(ROOT.resolve(page)))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    /** The server that a block starts with. */
    private static ServerProcess serve(String line) throws IOException {
        List<Object> words =
                new ArrayList<>(Arrays.asList((Object[]) line.strip().split(" ")));
        assertThat(words.get(0) + " " + words.get(1)).isEqualTo("kinglet serve");
        List<Object> options = words.subList(3, words.size());
        options.replaceAll(
                word -> Files.exists(folder.resolve(word.toString())) ? folder.resolve(word.toString()) : word);
        return ServerProcess.serve(folder.resolve(words.get(2).toString()), options.toArray());
    }

    private static String bash(String script, String address) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script.replace(ADDRESS, address))
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(script + "\n" + out).isZero();
        return out;
    }

    @Test
    void each_command_of_the_page_is_answered() throws Exception {
        String start = "kinglet serve birds.onnx\n";
        int requests = 0;
        for (String block : blocks("docs/serving.md")) {
            String script = block;
            if (block.startsWith("kinglet serve")) {
                start = block.substring(0, block.indexOf('\n') + 1);
                script = block.substring(start.length());
            }
            if (script.isBlank()) {
                continue;
            }
            try (ServerProcess server = serve(start)) {
                JsonNode answer = new ObjectMapper()
                        .readTree(bash(script, "127.0.0.1:" + server.uri().getPort()));
                assertThat(answer.has("error")).as(script + answer).isFalse();
                assertThat(answer).as(script).isNotEmpty();
                requests++;
            }
            if (start.contains("--token-file")) {
                start = "kinglet serve birds.onnx\n";
            }
        }
        assertThat(requests).isGreaterThanOrEqualTo(3);
    }

    /** Runs the program with arguments of a deployment, on a folder of this test, as a check. */
    private static void check(List<String> arguments, String models) throws IOException, InterruptedException {
        List<Object> words = new ArrayList<>(List.of("serve"));
        for (String argument : arguments) {
            words.add(argument.replace("/mnt/models", folder.resolve(models).toString())
                    .replace("/var/lib/kinglet", folder.resolve(models).toString())
                    .replace("{{.Name}}", "birds")
                    .replaceAll(
                            "^(/run|\\$\\{CREDENTIALS_DIRECTORY\\})/.*",
                            folder.resolve("tokens.txt").toString()));
        }
        words.add("--check");
        assertThat(ServerProcess.kinglet(words.toArray())).contains("every version can be served");
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    @Test
    void the_container_and_the_unit_start_it_rightly() throws Exception {
        String container = Files.readString(ROOT.resolve("deploy/Containerfile"));
        List<String> arguments = new ArrayList<>();
        for (String instruction : List.of("ENTRYPOINT", "CMD")) {
            Matcher line = Pattern.compile("(?m)^" + instruction + " (\\[.*])$").matcher(container);
            assertThat(line.find()).isTrue();
            arguments.addAll(texts(new ObjectMapper().readTree(line.group(1))));
        }
        assertThat(arguments.subList(0, 2)).containsExactly("/opt/kinglet/bin/kinglet", "serve");
        check(arguments.subList(2, arguments.size()), "models");

        Matcher unit = Pattern.compile("(?m)^ExecStart=/opt/kinglet/bin/kinglet serve (.*)$")
                .matcher(Files.readString(ROOT.resolve("deploy/kinglet.service")));
        assertThat(unit.find()).isTrue();
        check(List.of(unit.group(1).split(" ")), "models");
    }

    @Test
    void kubernetes_and_kserve_start_it_rightly() throws Exception {
        for (String file : List.of("deploy/kubernetes.yaml", "deploy/kserve.yaml")) {
            int containers = 0;
            for (JsonNode document : new ObjectMapper(new YAMLFactory())
                    .readerFor(JsonNode.class)
                    .<JsonNode>readValues(ROOT.resolve(file).toFile())
                    .readAll()) {
                for (JsonNode container : document.findValues("containers")) {
                    List<String> arguments = new ArrayList<>(List.of("--host", "0.0.0.0", "--port", "8080"));
                    arguments.addAll(texts(container.get(0).get("args")));
                    check(arguments, file.contains("kserve") ? "flat" : "models");
                    containers++;
                }
            }
            assertThat(containers).as(file).isEqualTo(1);
        }
    }
}
