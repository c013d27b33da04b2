package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.JsonLimits;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.oip.RestMessage;
import dev.kinglet.oip.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests changed at random, in their method, path, headers, framing, lengths, JSON, tensors, images and gRPC frames: none
 * is answered with a server's error or after a second, and the next good one is answered rightly.
 */
@Tag("native")
class FuzzTest {
    /** As many as a build has time for; {@code -Dkinglet.fuzz=10000} for more. */
    private static final int REQUESTS = Integer.getInteger("kinglet.fuzz", 250);

    private static final int PATIENCE_MILLIS = 1_000;
    private static final byte[] IMAGE = Samples.image(3);
    private static final List<String> METHODS =
            List.of("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW", "post", "");
    private static final List<String> PATHS = List.of(
            "/v2/models/shapes/infer",
            "/v2/models/shapes/versions/1/infer",
            "/predictions/shapes",
            "/v2/models/shapes",
            "/v2/health/ready",
            "/v2/repository/index",
            "/v2",
            "/",
            "/metrics",
            "/models");
    private static final List<String> ODD_PATHS = List.of(
            "/v2/models/%00/infer",
            "/v2/models/%2e%2e/infer",
            "/v2/models/../../etc/passwd",
            "/v2/models/shapes/versions/-1/infer",
            "/v2/models/shapes/versions/99999999999999999999/infer",
            "//v2//models//shapes",
            "/v2/models/" + "a".repeat(3000),
            "/predictions/shapes?topk=0",
            "/predictions/shapes?topk=99999",
            "/%",
            "/%zz",
            "*",
            "http://elsewhere/v2",
            "/v2/models/\u00e4");

    @TempDir
    static Path folder;

    private static Classifier classifier;
    private static Server server;
    private static Http http;

    @BeforeAll
    static void start() throws IOException {
        classifier = Samples.classifier(folder, 1);
        server = Server.of(ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1))
                        .withPort(0))
                .start();
        http = new Http(server.uri());
    }

    @AfterAll
    static void stop() {
        server.close();
        classifier.close();
    }

    private static void assertGoodIsAnswered() throws Exception {
        LabeledScore best = classifier.classify(IMAGE).get(0);
        Http.Reply reply = http.post("/predictions/shapes", IMAGE);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.json().get(0).get("scores").get(0).doubleValue()).isEqualTo(best.score());
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        byte[] changed = bytes.clone();
        for (int change = 0; change <= random.nextInt(4) && changed.length > 0; change++) {
            switch (random.nextInt(3)) {
                case 0 -> changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                case 1 -> changed = Arrays.copyOf(changed, random.nextInt(changed.length + 1));
                default -> {
                    int from = random.nextInt(changed.length);
                    int to = random.nextInt(changed.length);
                    System.arraycopy(changed, from, changed, to, Math.min(16, changed.length - Math.max(from, to)));
                }
            }
        }
        return changed;
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private static RestMessage message(Random random) throws IOException {
        Tensor tensor = random.nextBoolean()
                ? Tensor.ofBytes("input0", List.of(IMAGE, mutated(IMAGE, random)), 2)
                : Tensor.ofFloats("input0", new float[3 * 16 * 16], 1, 3, 16, 16);
        return new RestCodec(JsonLimits.defaults()).message(new InferRequest("shapes", tensor));
    }

    private static <T> T one(List<T> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }

    /** A request as bytes. */
    private static byte[] request(Random random) throws IOException {
        RestMessage message = message(random);
        boolean image = random.nextInt(3) == 0;
        byte[] body = image ? IMAGE : message.bytes();
        if (random.nextInt(3) > 0) {
            body = mutated(body, random);
        }
        String method = random.nextInt(4) > 0 ? "POST" : one(METHODS, random);
        String path = random.nextInt(4) > 0
                ? (image ? "/predictions/shapes" : "/v2/models/shapes/infer")
                : one(random.nextBoolean() ? PATHS : ODD_PATHS, random);
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
        int json = message.headerLength().orElse(0);
        if (!image || random.nextInt(4) == 0) {
            head.append("Inference-Header-Content-Length: ")
                    .append(
                            switch (random.nextInt(6)) {
                                case 0 -> Integer.toString(random.nextInt());
                                case 1 -> Long.toString(random.nextLong());
                                case 2 -> "x";
                                default -> Integer.toString(json);
                            })
                    .append("\r\n");
        }
        if (random.nextInt(5) == 0) {
            head.append(one(
                            List.of(
                                    "Content-Type: multipart/form-data",
                                    "Content-Type: multipart/form-data; boundary=x",
                                    "Content-Type: application/json",
                                    "Content-Type: ;;;",
                                    "Content-Encoding: deflate",
                                    "Content-Encoding: br",
                                    "Expect: 100-continue",
                                    "Accept: nothing/at-all",
                                    "X: " + "y".repeat(9000),
                                    "Authorization: Bearer \u0001"),
                            random))
                    .append("\r\n");
        }
        if (random.nextInt(6) == 0) {
            body = random.nextBoolean() ? gzip(body) : body;
            head.append("Content-Encoding: gzip\r\n");
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        if (random.nextInt(4) == 0) {
            head.append("Transfer-Encoding: chunked\r\n\r\n");
            whole.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
            for (int at = 0; at < body.length; ) {
                int part = Math.min(body.length - at, 1 + random.nextInt(500));
                int said = random.nextInt(40) == 0 ? random.nextInt(2000) : part;
                whole.writeBytes((Integer.toHexString(said) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                whole.write(body, at, part);
                whole.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
                at += part;
            }
            whole.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } else {
            int said = random.nextInt(12) == 0 ? random.nextInt(3000) - 100 : body.length;
            head.append("Content-Length: ").append(said).append("\r\n\r\n");
            whole.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
            whole.writeBytes(body);
        }
        byte[] bytes = whole.toByteArray();
        return random.nextInt(10) == 0 ? mutated(bytes, random) : bytes;
    }

    /** What comes back until the server closes, or nothing comes for a second. */
    private static String answer(byte[] request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            try {
                socket.getOutputStream().write(request);
                socket.getOutputStream().flush();
            } catch (IOException e) {
                // refused before all was sent: its answer may still be there
            }
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                InputStream in = socket.getInputStream();
                byte[] part = new byte[8192];
                for (int read = in.read(part); read >= 0; read = in.read(part)) {
                    answer.write(part, 0, read);
                    if (isWhole(answer.toString(StandardCharsets.ISO_8859_1))) {
                        break;
                    }
                }
            } catch (SocketTimeoutException e) {
                return answer.size() == 0 ? "waits" : answer.toString(StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                // reset by the server after its answer
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static boolean isWhole(String answer) {
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0) {
            return false;
        }
        java.util.regex.Matcher length =
                java.util.regex.Pattern.compile("(?i)content-length: (\\d+)").matcher(answer.substring(0, end));
        return length.find() && answer.length() >= end + 4 + Integer.parseInt(length.group(1));
    }

    @Test
    void no_request_over_http_is_the_servers_failure() throws Exception {
        Random random = new Random(11);
        int refused = 0;
        int waiting = 0;
        for (int i = 0; i < REQUESTS; i++) {
            byte[] request = request(random);
            String answer = answer(request);
            String shown = i + ": " + new String(request, 0, Math.min(300, request.length), StandardCharsets.ISO_8859_1)
                    + "\n-> " + answer;
            if (answer.equals("waits")) { // for the rest of a body that was said to be longer
                waiting++;
            } else if (!answer.isEmpty()) {
                assertThat(answer).as(shown).startsWith("HTTP/1.1 ");
                int status = Integer.parseInt(answer.substring(9, 12));
                assertThat(status).as(shown).isBetween(100, 501).isNotEqualTo(500);
                if (status >= 400) {
                    refused++;
                }
                if (status >= 400
                        && isWhole(answer)
                        && !answer.contains("content-length: 0")) { // none to HEAD; and what
                    // the client has not read yet is lost when it goes on sending to a connection that is closed
                    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
                    assertThat(new ObjectMapper().readTree(body).path("error").asText())
                            .as(shown)
                            .isNotBlank();
                }
            }
            if (i % 100 == 0) {
                assertGoodIsAnswered();
            }
        }
        assertThat(refused).isGreaterThan(REQUESTS / 4);
        assertThat(waiting).isLessThan(REQUESTS / 10);
        assertGoodIsAnswered();
    }

    @Test
    void no_grpc_frame_is_the_servers_failure() throws Exception {
        Random random = new Random(12);
        WebClient client = WebClient.of("h2c://127.0.0.1:" + server.port());
        byte[] message = GrpcCodec.message(new InferRequest("shapes", Tensor.ofBytes("input0", List.of(IMAGE), 1)))
                .toByteArray();
        byte[] frame = new byte[message.length + 5];
        frame[3] = (byte) (message.length >> 8);
        frame[4] = (byte) message.length;
        System.arraycopy(message, 0, frame, 5, message.length);
        for (int i = 0; i < REQUESTS / 3; i++) {
            byte[] sent = random.nextInt(5) == 0 ? frame : mutated(frame, random);
            String method = one(List.of("ModelInfer", "ModelInfer", "ModelMetadata", "ServerLive", "Nothing"), random);
            AggregatedHttpResponse answer = client.execute(
                            RequestHeaders.of(
                                    HttpMethod.POST,
                                    "/inference.GRPCInferenceService/" + method,
                                    "content-type",
                                    "application/grpc",
                                    "te",
                                    "trailers",
                                    "grpc-timeout",
                                    "5S"),
                            sent)
                    .aggregate()
                    .join();
            String status =
                    answer.headers().get("grpc-status", answer.trailers().get("grpc-status", ""));
            assertThat(answer.status().code()).isLessThan(500);
            assertThat(status).as(method + " " + answer).isNotEqualTo("2"); // unknown
        }
        assertGoodIsAnswered();
    }
}
