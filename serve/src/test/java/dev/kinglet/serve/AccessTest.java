package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.kinglet.oip.grpc.ModelInferRequest;
import dev.kinglet.oip.grpc.ModelMetadataRequest;
import dev.kinglet.oip.grpc.ModelReadyRequest;
import dev.kinglet.oip.grpc.RepositoryIndexRequest;
import dev.kinglet.oip.grpc.RepositoryModelLoadRequest;
import dev.kinglet.oip.grpc.RepositoryModelUnloadRequest;
import dev.kinglet.oip.grpc.ServerLiveRequest;
import dev.kinglet.oip.grpc.ServerMetadataRequest;
import dev.kinglet.oip.grpc.ServerReadyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc.HealthBlockingStub;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens, TLS, and pages of other sites. */
@Tag("native")
class AccessTest {
    @TempDir
    static Path folder;

    /** Servers that several tests ask; each takes some seconds to end. */
    private static final Map<ServerOptions.Access, Server> SHARED = new HashMap<>();

    private final List<Server> servers = new ArrayList<>();

    private static Server begin(ServerOptions.Access access) throws IOException {
        return Server.of(ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1))
                        .withPort(0)
                        .withModelControl()
                        .withPoll(Duration.ofMillis(50))
                        .withAccess(access))
                .start();
    }

    private Server start(ServerOptions.Access access) throws IOException {
        Server server = begin(access);
        servers.add(server);
        return server;
    }

    private static Server shared(ServerOptions.Access access) throws IOException {
        Server server = SHARED.get(access);
        if (server == null) {
            server = begin(access);
            SHARED.put(access, server);
        }
        return server;
    }

    @AfterEach
    void stop() {
        servers.forEach(Server::close);
    }

    @AfterAll
    static void stopShared() {
        SHARED.values().forEach(Server::close);
    }

    private static ServerOptions.Access tokens(boolean openMetrics) {
        return new ServerOptions.Access(List.of("first", "second"), openMetrics, false, Optional.empty(), List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v2, 200",
        "GET, /v2/, 200",
        "GET, /v2/models/shapes, 200",
        "GET, /v2/models/shapes/versions/1, 200",
        "GET, /v2/models/shapes/ready, 200",
        "GET, /v2/models/shapes/versions/1/ready, 200",
        "POST, /v2/models/shapes/infer, 400",
        "POST, /v2/models/shapes/versions/1/infer, 400",
        "POST, /v2/repository/index, 200",
        "POST, /v2/repository/models/none/load, 404",
        "POST, /v2/repository/models/none/unload, 404",
        "POST, /predictions/shapes, 400",
        "PUT, /predictions/shapes, 400",
        "POST, /predictions/shapes/1, 400",
        "GET, /models, 200",
        "GET, /metrics, 200",
        "GET, /nowhere, 404",
        "DELETE, /v2/models/shapes, 405"
    })
    void a_route_needs_one_of_the_tokens(String method, String path, int status) throws Exception {
        Http http = new Http(shared(tokens(false)).uri());
        for (String wrong :
                List.of("Bearer third", "Bearer", "Bearer firs", "Bearer first second", "Basic first", "first")) {
            Http.Reply refused = http.send(method, path, new byte[0], "Authorization", wrong);
            assertThat(refused.status()).as(wrong).isEqualTo(401);
            assertThat(refused.header("www-authenticate")).startsWith("Bearer");
            assertThat(refused.error()).contains("token");
        }
        assertThat(http.send(method, path, new byte[0]).status()).isEqualTo(401);
        for (String right : List.of("Bearer first", "bearer second", "Bearer  first")) {
            assertThat(http.send(method, path, new byte[0], "Authorization", right)
                            .status())
                    .as(right)
                    .isEqualTo(status);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v2/health/live",
                "/v2/health/ready",
                "/",
                "/page/page.js",
                "/page/page.css",
                "/favicon.ico",
                "/metrics"
            })
    void health_and_the_page_need_none(String path) throws Exception {
        assertThat(new Http(shared(tokens(true)).uri()).get(path).status()).isEqualTo(200);
    }

    @Test
    void the_same_holds_over_grpc() throws Exception {
        Server server = shared(tokens(false));
        GRPCInferenceServiceBlockingStub stranger =
                GrpcClients.newClient("gproto+" + server.uri() + "/", GRPCInferenceServiceBlockingStub.class);
        List<Consumer<GRPCInferenceServiceBlockingStub>> calls = List.of(
                stub -> stub.serverMetadata(ServerMetadataRequest.getDefaultInstance()),
                stub -> stub.modelReady(
                        ModelReadyRequest.newBuilder().setName("shapes").build()),
                stub -> stub.modelMetadata(
                        ModelMetadataRequest.newBuilder().setName("shapes").build()),
                stub -> stub.modelInfer(ModelInferRequest.getDefaultInstance()),
                stub -> stub.repositoryIndex(RepositoryIndexRequest.getDefaultInstance()),
                stub -> stub.repositoryModelLoad(RepositoryModelLoadRequest.getDefaultInstance()),
                stub -> stub.repositoryModelUnload(RepositoryModelUnloadRequest.getDefaultInstance()));
        GRPCInferenceServiceBlockingStub known = GrpcClients.builder("gproto+" + server.uri() + "/")
                .addHeader("authorization", "Bearer second")
                .build(GRPCInferenceServiceBlockingStub.class);
        for (Consumer<GRPCInferenceServiceBlockingStub> call : calls) {
            assertThat(code(() -> call.accept(stranger))).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(code(() -> call.accept(known))).isNotEqualTo(Status.Code.UNAUTHENTICATED);
        }
        assertThat(stranger.serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                .isTrue();
        assertThat(stranger.serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
        HealthBlockingStub health = GrpcClients.newClient("gproto+" + server.uri() + "/", HealthBlockingStub.class);
        assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    private static Status.Code code(Runnable call) {
        try {
            call.run();
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void other_sites_may_ask_only_if_they_are_named() throws Exception {
        Http closed = new Http(shared(ServerOptions.Access.local()).uri());
        assertThat(closed.get("/v2", "Origin", "https://friend.example").header("access-control-allow-origin"))
                .isEmpty();
        Http open = new Http(start(new ServerOptions.Access(
                        List.of("first"), false, false, Optional.empty(), List.of("https://friend.example")))
                .uri());
        Http.Reply preflight = open.send(
                "OPTIONS",
                "/predictions/shapes",
                new byte[0],
                "Origin",
                "https://friend.example",
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "authorization");
        assertThat(preflight.status()).isEqualTo(200);
        assertThat(preflight.header("access-control-allow-origin")).isEqualTo("https://friend.example");
        assertThat(open.get("/v2", "Origin", "https://stranger.example").header("access-control-allow-origin"))
                .isEmpty();
    }

    @Test
    void pages_of_other_sites_cannot_even_send() throws Exception {
        Http http = new Http(shared(ServerOptions.Access.local()).uri());
        String own = shared(ServerOptions.Access.local()).uri().toString();
        assertThat(http.post("/predictions/shapes", Samples.image(1), "Origin", own)
                        .status())
                .isEqualTo(200);
        for (String origin : List.of("https://stranger.example", "null", "http://127.0.0.1:1")) {
            Http.Reply refused = http.post("/v2/repository/models/shapes/unload", "", "Origin", origin);
            assertThat(refused.status()).as(origin).isEqualTo(403);
            assertThat(refused.error()).contains("cors");
        }
    }

    @Test
    void a_local_server_without_tokens_is_asked_by_a_local_name() throws Exception {
        URI uri = shared(ServerOptions.Access.local()).uri();
        assertThat(status(uri, "stranger.example")).startsWith("HTTP/1.1 403");
        assertThat(status(uri, "localhost:" + uri.getPort())).startsWith("HTTP/1.1 200");
        assertThat(status(shared(tokens(false)).uri(), "stranger.example")).startsWith("HTTP/1.1 200"); // of health
    }

    private static String status(URI server, String host) throws IOException {
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write(("GET /v2/health/live HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        }
    }

    @Test
    void tokens_are_not_in_a_text_of_the_options() {
        assertThat(ServerOptions.of(folder).withAccess(tokens(false)).toString())
                .doesNotContain("first");
    }

    /** Believes any certificate and shows the one it saw. */
    private static X509Certificate seen(Server server, String protocol) throws Exception {
        List<X509Certificate> seen = new ArrayList<>();
        X509TrustManager trust = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String kind) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String kind) {
                seen.add(chain[0]);
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trust}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
            socket.setSoTimeout(5_000);
            socket.setEnabledProtocols(new String[] {protocol});
            socket.startHandshake();
            return seen.get(0);
        }
    }

    @Test
    void tls_is_12_or_newer_and_its_certificate_may_change() throws Exception {
        Path certificate = folder.resolve("cert.pem");
        Path key = folder.resolve("key.pem");
        Certificates.make("before", certificate, key);
        Server server = start(new ServerOptions.Access(
                List.of(), false, false, Optional.of(new ServerOptions.Tls(certificate, key)), List.of()));
        assertThat(server.uri().getScheme()).isEqualTo("https");
        for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
            assertThat(seen(server, protocol).getSubjectX500Principal().getName())
                    .isEqualTo("CN=before");
        }
        java.security.Security.setProperty("jdk.tls.disabledAlgorithms", ""); // so that the client would
        assertThatThrownBy(() -> seen(server, "TLSv1.1")).isInstanceOf(SSLHandshakeException.class);

        Path newKey = folder.resolve("new-key.pem");
        Certificates.make("after", certificate, newKey);
        Thread.sleep(500); // some polls, in which the key is still the one before
        assertThat(seen(server, "TLSv1.3").getSubjectX500Principal().getName()).isEqualTo("CN=before");
        Files.move(newKey, key, StandardCopyOption.REPLACE_EXISTING);
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!seen(server, "TLSv1.3").getSubjectX500Principal().getName().equals("CN=after")) {
            assertThat(System.nanoTime()).as("the old certificate stays").isLessThan(end);
            Thread.sleep(50);
        }
    }
}
