package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.Tensor;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.kinglet.oip.grpc.ModelInferRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request beyond a limit is refused and told which, and the next one is answered. */
@Tag("native")
class LimitsTest {
    private static final int BODY = 20_000;
    private static final String INFER = "/v2/models/shapes/infer";

    @TempDir
    private Path folder;

    private final List<Server> servers = new ArrayList<>();

    private Http start(Limits limits) throws IOException {
        Server server = Server.of(ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1))
                        .withPort(0)
                        .withLimits(limits))
                .start();
        servers.add(server);
        return new Http(server.uri());
    }

    @AfterEach
    void stop() {
        Closing.begin(servers);
    }

    @AfterAll
    static void join() {
        Closing.join();
    }

    private static Limits limits(int queue, Duration timeout) {
        Limits all = Limits.defaults();
        return new Limits(
                BODY, 10_000, 8, 2_000, 4, queue, all.queueBytes(), all.batchImages(), Duration.ZERO, timeout, 100);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private static String padded(int bytes) {
        return "{\"inputs\":[]" + " ".repeat(bytes - 13) + "}";
    }

    @Test
    void a_body_may_have_so_many_bytes_and_not_one_more() throws Exception {
        Http http = start(limits(100, Duration.ofSeconds(10)));
        assertThat(http.post(INFER, padded(BODY)).status()).isEqualTo(400); // read, and found to have no input
        Http.Reply larger = http.post(INFER, padded(BODY + 1));
        assertThat(larger.status()).isEqualTo(413);
        assertThat(larger.error()).contains("20000 bytes", "max-body");
        byte[] fits = gzip(padded(BODY).getBytes(StandardCharsets.US_ASCII));
        assertThat(http.post(INFER, fits, "Content-Encoding", "gzip").status()).isEqualTo(400);
        byte[] bomb = gzip(padded(100 * BODY).getBytes(StandardCharsets.US_ASCII));
        assertThat(bomb.length).isLessThan(BODY);
        Http.Reply inflated = http.post(INFER, bomb, "Content-Encoding", "gzip");
        assertThat(inflated.status()).as(inflated.text()).isEqualTo(413);
        assertThat(http.post("/predictions/shapes", Samples.image(1)).status()).isEqualTo(200);
    }

    @Test
    void images_json_and_their_number_have_limits() throws Exception {
        Http http = start(limits(100, Duration.ofSeconds(10)));
        assertThat(http.post("/predictions/shapes", Samples.image(100, 100, 1, "png"))
                        .status())
                .isEqualTo(200);
        Http.Reply large = http.post("/predictions/shapes", Samples.image(101, 100, 1, "png"));
        assertThat(large.status()).isEqualTo(400);
        assertThat(large.error()).contains("101x100 pixels are too many");
        assertThat(http.post(INFER, "{\"x\":" + "[".repeat(9) + "]".repeat(9) + "}")
                        .error())
                .contains("depth");
        String numbers = "1,".repeat(2_000) + "1";
        assertThat(http.post(
                                INFER,
                                "{\"inputs\":[{\"name\":\"input0\",\"datatype\":\"FP32\",\"shape\":[2001],\"data\":["
                                        + numbers + "]}]}")
                        .error())
                .contains("2000 elements that are taken in JSON");
        Http.Reply many = http.post(
                INFER,
                "{\"inputs\":[{\"name\":\"input0\",\"datatype\":\"BYTES\",\"shape\":[5],\"data\":[\"a\",\"a\",\"a\",\"a\",\"a\"]}]}");
        assertThat(many.status()).isEqualTo(413);
        assertThat(many.error()).contains("at most 4", "max-images");
    }

    @Test
    void a_full_queue_refuses_at_once_and_what_it_took_is_answered() throws Exception {
        Http http = start(limits(3, Duration.ofSeconds(20)));
        ExecutorService clients = Executors.newFixedThreadPool(32);
        try {
            List<Future<Http.Reply>> replies = new ArrayList<>();
            byte[] image = Samples.image(99, 99, 1, "png");
            for (int i = 0; i < 400; i++) {
                Callable<Http.Reply> call = () -> http.post("/predictions/shapes", image);
                replies.add(clients.submit(call));
            }
            int answered = 0;
            int refused = 0;
            for (Future<Http.Reply> future : replies) {
                Http.Reply reply = future.get();
                if (reply.status() == 200) {
                    answered++;
                } else {
                    refused++;
                    assertThat(reply.status()).as(reply.text()).isEqualTo(429);
                    assertThat(reply.header("retry-after")).isEqualTo("1");
                    assertThat(reply.error()).contains("max-queue");
                }
            }
            assertThat(answered).isPositive();
            assertThat(refused).isPositive();
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void a_delay_is_not_waited_out_on_an_idle_server() throws Exception {
        Duration longer = Duration.ofMinutes(1); // than the client waits
        Http http = start(Limits.defaults().withBatchDelay(longer).withTimeout(longer.multipliedBy(2)));
        assertThat(http.post("/predictions/shapes", Samples.image(1)).status()).isEqualTo(200);
    }

    @Test
    void a_clients_own_deadline_is_kept() throws Exception {
        Http http = start(limits(1_000, Duration.ofSeconds(20)));
        byte[] image = Samples.image(99, 99, 1, "png");
        ExecutorService clients = Executors.newFixedThreadPool(64);
        try {
            List<Future<Http.Reply>> others = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                others.add(clients.submit(() -> http.post("/predictions/shapes", image)));
            }
            GRPCInferenceServiceBlockingStub grpc = GrpcClients.newClient(
                    "gproto+" + servers.get(0).uri() + "/", GRPCInferenceServiceBlockingStub.class);
            ModelInferRequest request =
                    GrpcCodec.message(new InferRequest(Samples.MODEL, Tensor.ofBytes("input0", List.of(image), 1)));
            assertThatThrownBy(() ->
                            grpc.withDeadlineAfter(1, TimeUnit.MILLISECONDS).modelInfer(request))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            failure ->
                                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
            for (Future<Http.Reply> other : others) {
                assertThat(other.get().status()).isEqualTo(200);
            }
        } finally {
            clients.shutdownNow();
        }
    }

    /** Many large images in one request, which take longer than a second or two. */
    private static ModelInferRequest slow(int images) throws IOException {
        byte[] large = Samples.image(2_500, 2_000, 1, "png");
        return GrpcCodec.message(
                new InferRequest(Samples.MODEL, Tensor.ofBytes("input0", Collections.nCopies(images, large), images)));
    }

    @Test
    void grpc_has_the_servers_timeout_whatever_the_client_says() throws Exception {
        start(Limits.defaults().withTimeout(Duration.ofMillis(300)));
        GRPCInferenceServiceBlockingStub grpc = GrpcClients.builder(
                        "gproto+" + servers.get(0).uri() + "/")
                .responseTimeoutMillis(0)
                .build(GRPCInferenceServiceBlockingStub.class);
        ModelInferRequest request = slow(100);
        for (GRPCInferenceServiceBlockingStub stub : List.of(grpc, grpc.withDeadlineAfter(1, TimeUnit.HOURS))) {
            assertThatThrownBy(() -> stub.modelInfer(request))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            failure ->
                                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        }
    }

    @Test
    void what_was_accepted_is_answered_before_the_server_ends() throws Exception {
        Http http = start(Limits.defaults());
        Server server = servers.get(0);
        GRPCInferenceServiceBlockingStub grpc = GrpcClients.builder("gproto+" + server.uri() + "/")
                .responseTimeoutMillis(0)
                .build(GRPCInferenceServiceBlockingStub.class);
        ModelInferRequest request = slow(100);
        byte[] image = Samples.image(1);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            Future<Integer> first =
                    threads.submit(() -> grpc.modelInfer(request).getOutputsCount());
            awaitQueue(http);
            Future<Http.Reply> second = threads.submit(() -> http.post("/predictions/shapes", image));
            Thread.sleep(100);
            Future<?> end = threads.submit(server::close);
            Thread.sleep(100);
            assertThat(http.get("/v2/health/ready").status()).isEqualTo(503);
            assertThat(http.get("/v2/health/live").status()).isEqualTo(200);
            Http.Reply late = http.post("/predictions/shapes", image);
            assertThat(late.status()).isEqualTo(503);
            assertThat(late.error()).contains("shutting down");
            assertThat(first.isDone())
                    .as("the drain was seen while a request was running")
                    .isFalse();
            assertThat(first.get()).isEqualTo(1);
            assertThat(second.get().status()).isEqualTo(200);
            end.get();
        } finally {
            threads.shutdownNow();
        }
    }

    private static void awaitQueue(Http http) throws Exception {
        while (http.get("/metrics").text().contains("kinglet_queue_images 0.0")) {
            Thread.sleep(10);
        }
    }

    @Test
    void a_server_that_others_can_reach_needs_a_token() {
        assertThatThrownBy(() -> Server.of(new ServerOptions(
                        new ServerOptions.Models.Files(folder, java.util.Optional.empty()),
                        "0.0.0.0",
                        0,
                        1,
                        Limits.defaults(),
                        ServerOptions.Access.local(),
                        false,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token");
    }
}
