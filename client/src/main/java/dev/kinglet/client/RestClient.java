package dev.kinglet.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.oip.DataType;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.JsonLimits;
import dev.kinglet.oip.OipException;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.oip.RestMessage;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A client over REST with binary tensors. */
public final class RestClient implements InferenceClient {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;

    private final HttpClient http;
    private final URI server;
    private final String base; // without a slash at its end
    private final Duration timeout;
    private final Optional<String> token;
    private final RestCodec codec =
            new RestCodec(new JsonLimits(JsonLimits.defaults().depth(), Integer.MAX_VALUE));

    private RestClient(HttpClient http, URI server, Duration timeout, Optional<String> token) {
        this.http = http;
        this.server = server;
        this.base = server.toString().replaceFirst("/+$", "");
        this.timeout = timeout;
        this.token = token;
    }

    /**
     * A client without a token, which waits 30 seconds for an answer.
     *
     * @param server such as {@code http://127.0.0.1:8080}, or with a path where a proxy has it under one
     */
    public static RestClient of(URI server) {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
        return new RestClient(http, server, Duration.ofSeconds(30), Optional.empty());
    }

    /** With another HTTP client, such as one with certificates or a proxy of its own. */
    public RestClient with(HttpClient other) {
        return new RestClient(other, server, timeout, token);
    }

    public RestClient withTimeout(Duration time) {
        return new RestClient(http, server, time, token);
    }

    public RestClient withToken(String bearer) {
        return new RestClient(http, server, timeout, Optional.of(bearer));
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(timeout);
        token.ifPresent(bearer -> request.header("Authorization", "Bearer " + bearer));
        return request;
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
        return http.send(request, BodyHandlers.ofByteArray());
    }

    private static String path(String model) {
        return "/v2/models/" + encoded(model);
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public boolean isLive() throws IOException, InterruptedException {
        return send(request("/v2/health/live").build()).statusCode() == OK;
    }

    @Override
    public boolean isReady() throws IOException, InterruptedException {
        return send(request("/v2/health/ready").build()).statusCode() == OK;
    }

    @Override
    public boolean isReady(String model) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = send(request(path(model) + "/ready").build());
        if (response.statusCode() == NOT_FOUND || response.statusCode() == UNAVAILABLE) {
            return false;
        }
        checked(response);
        return true;
    }

    @Override
    public ModelInfo metadata(String model) throws IOException, InterruptedException {
        JsonNode json =
                MAPPER.readTree(checked(send(request(path(model)).build())).body());
        List<String> versions = new ArrayList<>();
        json.path("versions").forEach(version -> versions.add(version.asText()));
        return new ModelInfo(
                json.path("name").asText(),
                versions,
                json.path("platform").asText(),
                tensors(json.path("inputs")),
                tensors(json.path("outputs")));
    }

    private static List<TensorInfo> tensors(JsonNode array) throws OipException {
        List<TensorInfo> tensors = new ArrayList<>();
        for (JsonNode tensor : array) {
            List<Long> shape = new ArrayList<>();
            tensor.path("shape").forEach(length -> shape.add(length.asLong()));
            tensors.add(new TensorInfo(
                    tensor.path("name").asText(),
                    DataType.of(tensor.path("datatype").asText()),
                    shape));
        }
        return tensors;
    }

    @Override
    public InferResponse infer(InferRequest request) throws IOException, InterruptedException {
        RestMessage message = codec.message(request);
        String version = request.version().isEmpty() ? "" : "/versions/" + encoded(request.version());
        HttpRequest.Builder http = request(path(request.model()) + version + "/infer")
                .header("Content-Type", "application/octet-stream")
                .POST(BodyPublishers.ofByteArray(message.bytes()));
        message.headerLength().ifPresent(length -> http.header(RestCodec.HEADER_LENGTH, Integer.toString(length)));
        HttpResponse<byte[]> response = checked(send(http.build()));
        return codec.response(new RestMessage(response.body(), headerLength(response)));
    }

    private static OptionalInt headerLength(HttpResponse<byte[]> response) throws OipException {
        Optional<String> text = response.headers().firstValue(RestCodec.HEADER_LENGTH);
        try {
            return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text.get()));
        } catch (NumberFormatException e) {
            throw new OipException(RestCodec.HEADER_LENGTH + " is '" + text.get() + "', which is no length", e);
        }
    }

    private static HttpResponse<byte[]> checked(HttpResponse<byte[]> response) throws ServerException {
        if (response.statusCode() == OK) {
            return response;
        }
        throw new ServerException(response.statusCode(), reason(response));
    }

    private static String reason(HttpResponse<byte[]> response) {
        String said = new String(response.body(), StandardCharsets.UTF_8);
        try {
            said = MAPPER.readTree(said).path("error").asText(said);
        } catch (JsonProcessingException e) {
            // no JSON: the text as it is
        }
        return "status " + response.statusCode() + ": " + said;
    }

    @Override
    public void close() {
        // the JDK's client ends with its last reference
    }
}
