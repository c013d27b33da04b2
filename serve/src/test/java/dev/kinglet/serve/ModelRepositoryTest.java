package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.client.grpc.GrpcClients;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc.HealthBlockingStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("native")
class ModelRepositoryTest {
    @TempDir
    private Path folder;

    private Path root;
    private final List<Server> servers = new ArrayList<>();

    @BeforeEach
    void create() throws IOException {
        root = Files.createDirectories(folder.resolve("models"));
    }

    @AfterEach
    void stop() {
        Closing.begin(servers);
    }

    @AfterAll
    static void join() {
        Closing.join();
    }

    private Http start() throws IOException {
        Server server = Server.of(
                        ServerOptions.of(root).withPort(0).withModelControl().withPoll(Duration.ofMillis(50)))
                .start();
        servers.add(server);
        return new Http(server.uri());
    }

    private void put(String path, long seed) throws IOException {
        Path made = Samples.export(folder.resolve("made.onnx"), seed);
        Path target = root.resolve(path);
        Files.createDirectories(target.getParent());
        Files.move(made, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String version(Http http, String model) throws Exception {
        return http.get("/v2/models/" + model).json().path("versions").path(0).asText();
    }

    private static void await(Callable condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
            Thread.sleep(20);
        }
    }

    private interface Callable {
        boolean holds() throws Exception;
    }

    @Test
    void the_highest_version_of_each_model_is_served() throws Exception {
        put("birds/1/model.onnx", 1);
        put("birds/10/model.onnx", 2);
        put("birds/9/model.onnx", 3);
        put("trees/1/model.onnx", 4);
        put("flat.onnx", 5);
        Files.createDirectories(root.resolve("birds/not-a-version"));
        Files.createDirectories(root.resolve(".hidden/1"));
        Http http = start();
        assertThat(version(http, "birds")).isEqualTo("10");
        assertThat(version(http, "trees")).isEqualTo("1");
        assertThat(version(http, "flat")).isEqualTo("1");
        assertThat(http.post("/v2/repository/index", "").json()).hasSize(3);
    }

    @Test
    void a_new_version_takes_over_and_a_bad_one_does_not() throws Exception {
        put("birds/1/model.onnx", 1);
        Http http = start();
        put("birds/2/model.onnx", 2);
        await(() -> version(http, "birds").equals("2"));
        Files.createDirectories(root.resolve("birds/3"));
        Files.writeString(root.resolve("birds/3/model.onnx"), "not a model");
        await(() -> {
            JsonNode birds = http.post("/v2/repository/index", "").json().get(0);
            return birds.get("reason").textValue().contains("version 3");
        });
        assertThat(version(http, "birds")).isEqualTo("2");
        assertThat(http.get("/v2/health/ready").status()).isEqualTo(200);
        put("birds/4/model.onnx", 4);
        await(() -> version(http, "birds").equals("4"));
    }

    @Test
    void a_model_that_cannot_be_opened_is_not_ready_and_nor_is_the_server() throws Exception {
        put("birds/1/model.onnx", 1);
        Files.createDirectories(root.resolve("trees/1"));
        Files.writeString(root.resolve("trees/1/model.onnx"), "not a model");
        Http http = start();
        assertThat(http.get("/v2/models/birds/ready").status()).isEqualTo(200);
        assertThat(http.get("/v2/models/trees/ready").status()).isEqualTo(503);
        assertThat(http.get("/v2/health/ready").status()).isEqualTo(503);
        assertThat(http.get("/v2/health/live").status()).isEqualTo(200);
        Http.Reply refused = http.post("/predictions/trees", Samples.image(1));
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.error()).contains("version 1 could not be opened").doesNotContain(root.toString());
        assertThat(http.post("/v2/repository/index", "").text()).doesNotContain(root.toString());
        put("trees/1/model.onnx", 2);
        await(() -> http.get("/v2/health/ready").status() == 200);
    }

    @Test
    void models_are_unloaded_and_loaded_on_request() throws Exception {
        put("birds/1/model.onnx", 1);
        Http http = start();
        assertThat(http.post("/v2/repository/models/birds/unload", "").status()).isEqualTo(200);
        assertThat(http.get("/v2/models/birds/ready").status()).isEqualTo(503);
        Thread.sleep(200); // some looks at the folder
        assertThat(http.get("/v2/models/birds/ready").status()).isEqualTo(503);
        assertThat(http.post("/v2/repository/models/birds/load", "").status()).isEqualTo(200);
        assertThat(http.get("/v2/models/birds/ready").status()).isEqualTo(200);
        assertThat(http.post("/v2/repository/models/none/load", "").status()).isEqualTo(404);
        assertThat(http.post("/v2/repository/models/%2e%2e%2fmade/load", "").status())
                .isIn(400, 404);
    }

    @Test
    void a_model_whose_files_are_gone_is_no_longer_known() throws Exception {
        put("birds/1/model.onnx", 1);
        put("trees/1/model.onnx", 2);
        Http http = start();
        Files.delete(root.resolve("trees/1/model.onnx"));
        await(() -> http.get("/v2/models/trees").status() == 404);
        assertThat(http.get("/v2/health/ready").status()).isEqualTo(200);
        assertThat(http.post("/v2/repository/index", "").json()).hasSize(1);
        put("trees/1/model.onnx", 3);
        await(() -> http.get("/v2/models/trees/ready").status() == 200);
    }

    @Test
    void a_file_that_is_still_being_written_does_not_make_the_server_unready() throws Exception {
        put("birds/1/model.onnx", 1);
        Http http = start();
        Path growing = Files.createDirectories(root.resolve("trees/1")).resolve("model.onnx");
        for (int i = 0; i < 40; i++) { // a second, in which the folder is polled every 50 ms
            Files.writeString(growing, "part " + i, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            assertThat(http.get("/v2/health/ready").status()).isEqualTo(200);
            Thread.sleep(25);
        }
        await(() -> http.get("/v2/health/ready").status() == 503); // it has stopped changing, and is no model
    }

    @Test
    void each_bad_version_is_tried_once() throws Exception {
        put("birds/1/model.onnx", 1);
        for (String version : List.of("2", "3")) {
            Files.createDirectories(root.resolve("birds/" + version));
            Files.writeString(root.resolve("birds/" + version + "/model.onnx"), "not a model");
        }
        Http http = start();
        Thread.sleep(500); // ten polls
        assertThat(version(http, "birds")).isEqualTo("1");
        assertThat(http.get("/metrics").text())
                .contains("kinglet_model_loads_total{model=\"birds\",result=\"failure\"} 2.0")
                .contains("kinglet_model_loads_total{model=\"birds\",result=\"success\"} 1.0");
        Http.Reply load = http.post("/v2/repository/models/birds/load", "");
        assertThat(load.status()).isEqualTo(400);
        assertThat(load.error()).contains("could not be opened", "version 1 stays");
        assertThat(Server.check(ServerOptions.of(root))).hasSize(2).allMatch(line -> line.contains("not an ONNX file"));
    }

    @Test
    void grpcs_health_follows_an_unload() throws Exception {
        put("birds/1/model.onnx", 1);
        Http http = start();
        HealthBlockingStub health =
                GrpcClients.newClient("gproto+" + servers.get(0).uri() + "/", HealthBlockingStub.class);
        assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
                .isEqualTo(ServingStatus.SERVING);
        http.post("/v2/repository/models/birds/unload", "");
        assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
                .isEqualTo(ServingStatus.NOT_SERVING);
    }

    @ParameterizedTest
    @CsvSource({
        "models/birds/2/model.onnx, models",
        "models/2/model.onnx, models",
        "models/birds.onnx, models",
        "models/my birds.onnx, models/my birds.onnx"
    })
    void a_single_model_has_the_name_that_is_given(String file, String path) throws Exception {
        put(Path.of("models").relativize(Path.of(file)).toString(), 1);
        ServerOptions.Models.Files files = new ServerOptions.Models.Files(folder.resolve(path), Optional.of("sparrow"));
        Server server = Server.of(ServerOptions.of(files).withPort(0)).start();
        servers.add(server);
        assertThat(new Http(server.uri()).get("/v2/models/sparrow/ready").status())
                .isEqualTo(200);
    }

    @Test
    void a_file_whose_name_cannot_be_in_a_path_is_refused() throws Exception {
        put("my birds.onnx", 1);
        Server server =
                Server.of(ServerOptions.of(root.resolve("my birds.onnx")).withPort(0));
        assertThatThrownBy(server::start).isInstanceOf(IOException.class).hasMessageContaining("model-name");
    }

    @Test
    void nothing_outside_of_the_folder_is_served() throws Exception {
        Path outside = Samples.export(folder.resolve("outside/1/model.onnx"), 1);
        put("birds/1/model.onnx", 1);
        Files.createSymbolicLink(root.resolve("linked"), folder.resolve("outside"));
        Files.createSymbolicLink(root.resolve("file.onnx"), outside);
        Files.createDirectories(root.resolve("trees"));
        Files.createSymbolicLink(root.resolve("trees/1"), folder.resolve("outside/1"));
        Http http = start();
        JsonNode index = http.post("/v2/repository/index", "").json();
        assertThat(index).hasSize(1);
        assertThat(index.get(0).get("name").textValue()).isEqualTo("birds");
    }

    @Test
    void an_empty_folder_is_refused() {
        assertThatThrownBy(this::start).isInstanceOf(IOException.class).hasMessageContaining("has no model");
    }

    @Test
    void no_request_fails_while_versions_change() throws Exception {
        put("birds/1/model.onnx", 1);
        Http http = start();
        AtomicBoolean enough = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(4);
        List<Future<Integer>> counts = new ArrayList<>();
        byte[] image = Samples.image(1);
        for (int i = 0; i < 4; i++) {
            counts.add(clients.submit(() -> {
                int count = 0;
                while (!enough.get()) {
                    Http.Reply reply = http.post("/predictions/birds", image);
                    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
                    count++;
                }
                return count;
            }));
        }
        for (int version = 2; version <= 12; version++) {
            String wanted = Integer.toString(version);
            if (version == 7) {
                Files.createDirectories(root.resolve("birds/7"));
                Files.writeString(root.resolve("birds/7/model.onnx"), "bad");
            } else {
                put("birds/" + version + "/model.onnx", version);
                await(() -> version(http, "birds").equals(wanted));
            }
        }
        enough.set(true);
        for (Future<Integer> count : counts) {
            assertThat(count.get()).isPositive();
        }
        clients.shutdown();
    }
}
