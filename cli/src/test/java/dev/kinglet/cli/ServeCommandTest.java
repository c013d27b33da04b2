package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.models.Models;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server in a process of its own. */
@Tag("native")
@EnabledOnOs({OS.LINUX, OS.MAC}) // signals
class ServeCommandTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private static Path model;
    private static List<Path> images;

    @BeforeAll
    static void export() throws IOException {
        model = folder.resolve("tiny.onnx");
        assertThat(Run.kinglet("export", "--model", "resnet20_cifar", "--output", model)
                        .status())
                .isZero();
        SyntheticImages.draw(folder.resolve("images"), 1, 1, 1);
        try (Stream<Path> files = Files.walk(folder.resolve("images"))) {
            images = files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static Process start(String... more) throws IOException {
        return serve(Stream.concat(Stream.of(model.toString()), Stream.of(more)).toList());
    }

    private static Process serve(List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kinglet.cli.Main",
                "serve",
                "--port",
                "0"));
        words.addAll(arguments);
        return new ProcessBuilder(words)
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
    }

    /** Where it says that it listens. */
    private static URI uri(Process server) throws IOException {
        return uri(server, "tiny");
    }

    private static URI uri(Process server, String served) throws IOException {
        BufferedReader out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        assertThat(line)
                .as(Files.readString(folder.resolve("err.txt")))
                .contains(" serves " + served + " 1", "sessions");
        return URI.create(line.substring(0, line.indexOf(' ')));
    }

    private static HttpRequest request(URI server, Path image) throws IOException {
        return HttpRequest.newBuilder(server.resolve("/predictions/tiny"))
                .POST(BodyPublishers.ofFile(image))
                .build();
    }

    private static void terminate(Process server) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-TERM", Long.toString(server.pid())).start().waitFor();
    }

    @Tag("system")
    @Test
    void scores_are_those_of_predict_and_what_was_taken_is_answered_before_the_end() throws Exception {
        Process server = start();
        URI uri = uri(server);
        JsonNode expected = new ObjectMapper()
                .readTree(Run.kinglet(Stream.concat(
                                        Stream.of("predict", model, "--json"),
                                        images.stream().map(Object.class::cast))
                                .toArray())
                        .out());
        for (int i = 0; i < images.size(); i++) {
            JsonNode found = new ObjectMapper()
                    .readTree(CLIENT.send(request(uri, images.get(i)), BodyHandlers.ofString())
                            .body());
            assertThat(found.get(0).get("scores")).isEqualTo(expected.get(i).get("scores"));
            assertThat(found.get(0).get("class_ids")).isEqualTo(expected.get(i).get("class_ids"));
        }

        List<CompletableFuture<HttpResponse<String>>> flying = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            flying.add(CLIENT.sendAsync(request(uri, images.get(i % images.size())), BodyHandlers.ofString()));
        }
        terminate(server);
        int answered = 0;
        for (CompletableFuture<HttpResponse<String>> one : flying) {
            try {
                HttpResponse<String> reply = one.get(20, TimeUnit.SECONDS);
                assertThat(reply.statusCode()).as(reply.body()).isIn(200, 503);
                answered += reply.statusCode() == 200 ? 1 : 0;
            } catch (ExecutionException e) { // it did not listen any more
                assertThat(e).hasCauseInstanceOf(IOException.class);
            }
        }
        assertThat(answered).isPositive();
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
    }

    @Tag("system")
    @Test
    void without_a_file_it_serves_the_classifier_that_comes_with_it() throws Exception {
        Process server = serve(List.of("--sample"));
        URI uri = uri(server, "cifar10");
        HttpRequest request = HttpRequest.newBuilder(uri.resolve("/predictions/cifar10"))
                .POST(BodyPublishers.ofFile(images.get(0)))
                .build();
        JsonNode found = new ObjectMapper()
                .readTree(CLIENT.send(request, BodyHandlers.ofString()).body());
        try (Classifier classifier = Models.cifar10()) {
            LabeledScore best = classifier.classify(images.get(0)).get(0);
            assertThat(found.get(0).get("label_names").get(0).textValue()).isEqualTo(best.label());
            assertThat(found.get(0).get("scores").get(0).doubleValue()).isCloseTo(best.score(), within(1e-6));
        }
        terminate(server);
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
        assertThat(Run.kinglet("serve", model, "--sample").status()).isEqualTo(2);
        assertThat(Run.kinglet("serve", "--sample", "--check").status()).isEqualTo(2);
    }

    @Tag("system")
    @Test
    void each_request_is_a_line_of_json_in_the_log() throws Exception {
        Process server = start("--access-log");
        URI uri = uri(server);
        HttpRequest request = HttpRequest.newBuilder(uri.resolve("/predictions/tiny?topk=2"))
                .header("Authorization", "Bearer secret")
                .POST(BodyPublishers.ofFile(images.get(0)))
                .build();
        assertThat(CLIENT.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        terminate(server);
        assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
        List<String> lines = Files.readAllLines(folder.resolve("err.txt")).stream()
                .filter(line -> line.startsWith("{"))
                .toList();
        assertThat(lines).hasSize(1).noneMatch(line -> line.contains("secret"));
        JsonNode line = new ObjectMapper().readTree(lines.get(0));
        assertThat(line.get("method").textValue()).isEqualTo("POST");
        assertThat(line.get("path").textValue()).startsWith("/predictions/tiny");
        assertThat(line.get("status").intValue()).isEqualTo(200);
        assertThat(line.get("request_bytes").longValue()).isEqualTo(Files.size(images.get(0)));
        assertThat(line.get("micros").longValue()).isPositive();
    }

    @Test
    void a_repository_is_checked_without_a_server() throws IOException {
        Run good = Run.kinglet("serve", model, "--check");
        assertThat(good.status()).as(good.err()).isZero();
        assertThat(good.out()).contains("every version can be served");
        Path bad = folder.resolve("bad/x/1/model.onnx");
        Files.createDirectories(bad.getParent());
        Files.writeString(bad, "none");
        Run refused = Run.kinglet("serve", folder.resolve("bad"), "--check");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.out()).contains("not an ONNX file");
        Run open = Run.kinglet("serve", model, "--check", "--host", "0.0.0.0");
        assertThat(open.status()).isEqualTo(2);
        assertThat(open.lastLine()).contains("token");
    }
}
