package dev.kinglet.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("native")
class ClassifyServerTest {
    @TempDir
    Path folder;

    private ClassifyServer server;

    @BeforeEach
    void start() throws IOException {
        server = new ClassifyServer(Images.network(folder), 0);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> call(String method, String path, BodyPublisher body) throws Exception {
        URI address = URI.create("http://localhost:" + server.port() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).method(method, body).build(), BodyHandlers.ofString());
    }

    @Test
    void an_image_gets_the_classifiers_answer() throws Exception {
        HttpResponse<String> answer = call("POST", "/classify", BodyPublishers.ofByteArray(Images.jpeg()));
        assertThat(answer.statusCode()).isEqualTo(200);
        try (Classifier classifier = Classifier.open(folder.resolve("model.onnx"))) {
            LabeledScore best = classifier.classify(Images.jpeg()).get(0);
            assertThat(answer.body())
                    .startsWith(String.format(
                            Locale.ROOT, "[{\"label\": \"%s\", \"score\": %.6f}, ", best.label(), best.score()));
        }
    }

    @Test
    void what_is_no_image_is_the_callers_fault() throws Exception {
        HttpResponse<String> answer = call("POST", "/classify", BodyPublishers.ofString("no image"));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"error\": \"");
        assertThat(call("GET", "/classify", BodyPublishers.noBody()).statusCode())
                .isEqualTo(405);
    }

    @Test
    void calls_are_counted() throws Exception {
        call("POST", "/classify", BodyPublishers.ofByteArray(Images.jpeg()));
        call("POST", "/classify", BodyPublishers.ofByteArray(Images.jpeg()));
        call("POST", "/classify", BodyPublishers.ofString("no image"));
        assertThat(call("GET", "/metrics", BodyPublishers.noBody()).body())
                .startsWith("{\"answered\": 2, \"failed\": 1, \"wait_ms\": ");
    }
}
