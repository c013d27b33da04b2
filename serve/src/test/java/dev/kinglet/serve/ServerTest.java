package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.oip.DataType;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.JsonLimits;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.oip.RestMessage;
import dev.kinglet.oip.Tensor;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.kinglet.oip.grpc.ModelInferRequest;
import dev.kinglet.oip.grpc.ModelMetadataRequest;
import dev.kinglet.oip.grpc.ModelReadyRequest;
import dev.kinglet.oip.grpc.ServerLiveRequest;
import dev.kinglet.oip.grpc.ServerReadyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("native")
class ServerTest {
    private static final String INFER = "/v2/models/shapes/infer";
    private static final RestCodec CODEC = new RestCodec(JsonLimits.defaults());

    @TempDir
    static Path folder;

    private static Classifier classifier;
    private static Server server;
    private static Http http;
    private static GRPCInferenceServiceBlockingStub grpc;

    @BeforeAll
    static void start() throws IOException {
        classifier = Samples.classifier(folder, 1);
        server = Server.of(ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1))
                        .withPort(0))
                .start();
        http = new Http(server.uri());
        grpc = GrpcClients.newClient("gproto+" + server.uri() + "/", GRPCInferenceServiceBlockingStub.class);
    }

    @AfterAll
    static void stop() {
        server.close();
        classifier.close();
    }

    private static float[] floats(int images) {
        Random random = new Random(7);
        float[] values = new float[images * 3 * Samples.PIXELS * Samples.PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Tensor tensor(int images) throws IOException {
        return Tensor.ofFloats("input0", floats(images), images, 3, Samples.PIXELS, Samples.PIXELS);
    }

    private static float[] logits(List<byte[]> images) throws IOException {
        ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        float[] all = new float[0];
        for (byte[] image : images) {
            float[] one = classifier.logits(decoder.decode(image));
            all = Arrays.copyOf(all, all.length + one.length);
            System.arraycopy(one, 0, all, all.length - one.length, one.length);
        }
        return all;
    }

    private static InferResponse infer(InferRequest request) throws Exception {
        RestMessage message = CODEC.message(request);
        Http.Reply reply = http.post(
                INFER,
                message.bytes(),
                RestCodec.HEADER_LENGTH,
                Integer.toString(message.headerLength().getAsInt()));
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        String length = reply.header(RestCodec.HEADER_LENGTH);
        return CODEC.response(new RestMessage(
                reply.bytes(), length.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(length))));
    }

    @Test
    void a_server_is_ready_once_it_has_started() throws IOException {
        try (Server fresh = Server.of(
                ServerOptions.of(Samples.MODEL, Samples.classifier(folder, 1)).withPort(0))) {
            assertThat(fresh.isReady()).isFalse();
            fresh.start();
            assertThat(fresh.isReady()).isTrue();
        }
    }

    @Test
    void health_and_metadata_are_told() throws Exception {
        assertThat(http.get("/v2/health/live").json().get("live").booleanValue())
                .isTrue();
        assertThat(http.get("/v2/health/ready").json().get("ready").booleanValue())
                .isTrue();
        JsonNode server = http.get("/v2").json();
        assertThat(server.get("name").textValue()).isEqualTo("kinglet");
        assertThat(server.get("extensions")).isNotEmpty();
        for (String path : List.of("/v2/models/shapes", "/v2/models/shapes/versions/1")) {
            JsonNode model = http.get(path).json();
            assertThat(model.get("inputs").get(0).toString())
                    .isEqualTo("{\"name\":\"input0\",\"datatype\":\"FP32\",\"shape\":[-1,3,16,16]}");
            assertThat(model.get("outputs").get(0).toString())
                    .isEqualTo("{\"name\":\"output0\",\"datatype\":\"FP32\",\"shape\":[-1,5]}");
            assertThat(http.get(path + "/ready").status()).isEqualTo(200);
        }
        assertThat(grpc.serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                .isTrue();
        assertThat(grpc.serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
        assertThat(grpc.modelReady(
                                ModelReadyRequest.newBuilder().setName("shapes").build())
                        .getReady())
                .isTrue();
        assertThat(grpc.modelMetadata(ModelMetadataRequest.newBuilder()
                                .setName("shapes")
                                .build())
                        .getInputs(0)
                        .getShapeList())
                .containsExactly(-1L, 3L, 16L, 16L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 40}) // the last is more than a batch
    void tensors_get_the_classifiers_logits_in_every_form(int images) throws Exception {
        float[] expected = classifier.logits(floats(images), images);

        InferResponse binary = infer(new InferRequest("shapes", tensor(images)));
        assertThat(binary.output("output0").floats()).isEqualTo(expected);
        assertThat(binary.output("output0").shape()).containsExactly((long) images, 5L);

        StringBuilder data = new StringBuilder();
        for (float value : floats(images)) {
            data.append(data.length() == 0 ? "" : ",").append(value);
        }
        Http.Reply json = http.post(
                INFER,
                "{\"id\":\"a\",\"inputs\":[{\"data\":[[" + data + "]],\"name\":\"input0\",\"shape\":[" + images
                        + ",3,16,16],\"datatype\":\"FP32\"}]}");
        assertThat(json.status()).as(json.text()).isEqualTo(200);
        assertThat(json.json().get("id").textValue()).isEqualTo("a");
        InferResponse read = CODEC.response(RestMessage.json(json.bytes()));
        assertThat(read.output("output0").floats()).isEqualTo(expected);

        InferResponse overGrpc =
                GrpcCodec.response(grpc.modelInfer(GrpcCodec.message(new InferRequest("shapes", tensor(images)))));
        assertThat(overGrpc.output("output0").floats()).isEqualTo(expected);
    }

    @Test
    void encoded_images_of_any_size_and_format_are_an_input_in_every_form() throws Exception {
        List<byte[]> images = new ArrayList<>();
        for (String format : List.of("png", "jpg", "bmp", "gif")) {
            images.add(Samples.image(30 + images.size(), 20 + 3 * images.size(), images.size(), format));
        }
        float[] expected = logits(images);
        Tensor tensor = Tensor.ofBytes("input0", images, images.size());

        assertThat(infer(new InferRequest("shapes", tensor)).output("output0").floats())
                .isEqualTo(expected);
        assertThat(GrpcCodec.response(grpc.modelInfer(GrpcCodec.message(new InferRequest("shapes", tensor))))
                        .output("output0")
                        .floats())
                .isEqualTo(expected);

        StringBuilder texts = new StringBuilder();
        for (byte[] image : images) {
            texts.append(texts.length() == 0 ? "" : ",")
                    .append('"')
                    .append(Base64.getEncoder().encodeToString(image))
                    .append('"');
        }
        Http.Reply json = http.post(
                INFER,
                "{\"inputs\":[{\"name\":\"input0\",\"shape\":[4,1],\"datatype\":\"BYTES\",\"data\":[" + texts + "]}]}");
        assertThat(json.status()).as(json.text()).isEqualTo(200);
        assertThat(CODEC.response(RestMessage.json(json.bytes()))
                        .output("output0")
                        .floats())
                .isEqualTo(expected);
    }

    @Test
    void classification_names_the_best_classes() throws Exception {
        InferRequest.Output best = new InferRequest.Output("output0", 2, InferRequest.Form.JSON);
        InferRequest request = new InferRequest("shapes", "", "", List.of(tensor(2)), List.of(best), true);
        Tensor classes = infer(request).output("output0");
        assertThat(classes.type()).isEqualTo(DataType.BYTES);
        assertThat(classes.shape()).containsExactly(2L, 2L);
        float[] logits = classifier.logits(floats(2), 2);
        String[] first = classes.texts().get(0).split(":", 3);
        int index = Integer.parseInt(first[1]);
        assertThat(Float.parseFloat(first[0])).isEqualTo(logits[index]);
        for (int i = 0; i < Samples.CLASSES; i++) {
            assertThat(logits[index]).isGreaterThanOrEqualTo(logits[i]);
        }
        assertThat(first[2]).isEqualTo(classifier.labels().get(index));
    }

    @Test
    void a_file_as_the_body_gets_what_predict_gives() throws Exception {
        byte[] image = Samples.image(3);
        List<LabeledScore> expected = classifier.classify(image);
        for (String method : List.of("POST", "PUT")) {
            Http.Reply reply = http.send(method, "/predictions/shapes", image);
            assertThat(reply.status()).as(reply.text()).isEqualTo(200);
            JsonNode record = reply.json().get(0);
            for (int i = 0; i < 5; i++) {
                assertThat(record.get("class_ids").get(i).intValue())
                        .isEqualTo(expected.get(i).index());
                assertThat(record.get("scores").get(i).doubleValue())
                        .isEqualTo(expected.get(i).score());
                assertThat(record.get("label_names").get(i).textValue())
                        .isEqualTo(expected.get(i).label());
            }
        }
        String form = "--x\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.png\"\r\n\r\n";
        byte[] start = form.getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\r\n--x--\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] body = Arrays.copyOf(start, start.length + image.length + end.length);
        System.arraycopy(image, 0, body, start.length, image.length);
        System.arraycopy(end, 0, body, start.length + image.length, end.length);
        Http.Reply reply =
                http.post("/predictions/shapes/1?topk=1", body, "Content-Type", "multipart/form-data; boundary=x");
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.json().get(0).get("file_name").textValue()).isEqualTo("a.png");
        assertThat(reply.json().get(0).get("scores")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "GET  | /v2/models/none                    |      | 404 | no model 'none'",
                "GET  | /v2/models/shapes/versions/7       |      | 404 | version 1 loaded, not '7'",
                "GET  | /v2/models/none/ready              |      | 404 | no model",
                "GET  | /nowhere                           |      | 404 | Not Found",
                "GET  | /v2/models/shapes/infer            |      | 405 | Method Not Allowed",
                "POST | /v2/health/live                    | {}   | 405 | Method Not Allowed",
                "POST | /v2/models/none/infer              | {\"inputs\":[]} | 404 | no model 'none'",
                "POST | /v2/models/shapes/infer            |      | 400 | is null",
                "POST | /v2/models/shapes/infer            | {    | 400 | no JSON",
                "POST | /v2/models/shapes/infer            | []   | 400 | START_ARRAY",
                "POST | /v2/models/shapes/infer            | {}   | 400 | has one input",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[1,-1],\"datatype\":\"FP32\",\"data\":[]}]} | 400 | not negative",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[4294967296,4294967296],\"datatype\":\"FP32\",\"data\":[]}]} | 400 | more than",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[1],\"datatype\":\"FP31\",\"data\":[1]}]} | 400 | no datatype",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1]}]} | 400 | data has 1",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]} | 400 | takes FP32 [n, 3, 16, 16]",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"http://a/b.jpg\"]}]} | 400 | image URLs are refused",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"hello\"]}]} | 400 | image 0",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"input0\",\"shape\":[0],\"datatype\":\"BYTES\",\"data\":[]}]} | 400 | no image",
                "POST | /v2/models/shapes/infer            | {\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]} | 400 | not 'x'",
                "POST | /v2/repository/index               |      | 403 | allow-model-control",
                "POST | /v2/repository/models/shapes/load  |      | 403 | allow-model-control",
                "POST | /predictions/shapes                | text | 400 | image 0",
                "POST | /predictions/shapes?topk=x         | text | 400 | topk is 'x'",
                "POST | /predictions/shapes?embeding=true | text | 400 | no query parameter 'embeding', only topk and embedding",
                "POST | /predictions/none                  | text | 404 | no model",
            })
    void what_is_wrong_is_said(String method, String path, String body, int status, String said) throws Exception {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        Http.Reply reply = http.send(method, path, bytes);
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(reply.header("content-type")).startsWith("application/json");
        assertThat(reply.error()).contains(said);
    }

    @Test
    void grpc_errors_have_their_codes() throws Exception {
        assertThat(code(ModelInferRequest.newBuilder().setModelName("none").build()))
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(code(ModelInferRequest.newBuilder().setModelName("shapes").build()))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        ModelInferRequest both = GrpcCodec.message(new InferRequest("shapes", tensor(1)));
        ModelInferRequest.Builder builder = both.toBuilder();
        builder.getInputsBuilder(0).getContentsBuilder().addFp32Contents(1);
        assertThat(code(builder.build())).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    private static Status.Code code(ModelInferRequest request) {
        try {
            grpc.modelInfer(request);
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void every_documented_metric_is_there_and_no_other_of_ours() throws Exception {
        assertThat(http.post("/predictions/shapes", Samples.image(1)).status()).isEqualTo(200);
        assertThat(http.post("/predictions/shapes", "no image").status()).isEqualTo(400);
        Set<String> documented = names("`(kinglet_[a-z_]+)`", Files.readString(Path.of("../docs/serving.md")));
        Set<String> found =
                names("(?m)^# TYPE (kinglet_[a-z_]+)", http.get("/metrics").text());
        found.removeIf(name -> name.endsWith("_max")); // of the durations and sizes beside them
        assertThat(found).containsExactlyInAnyOrderElementsOf(documented);
        assertThat(http.get("/metrics").text())
                .containsPattern("kinglet_requests_success_total\\{model=\"shapes\"\\} [1-9]")
                .containsPattern("kinglet_requests_rejected_total\\{model=\"shapes\",reason=\"invalid\"\\} [1-9]");
    }

    private static double metric(String line) throws Exception {
        return http.get("/metrics")
                .text()
                .lines()
                .filter(text -> text.startsWith(line + " "))
                .mapToDouble(text -> Double.parseDouble(text.substring(line.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    @Test
    void the_queues_length_is_told_as_long_as_the_server_lives() throws Exception {
        System.gc();
        assertThat(metric("kinglet_queue_images")).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v2/models/shapes/infer        | { | shapes | invalid",
                "/predictions/shapes?topk=x     | { | shapes | invalid",
                "/v2/models/none/infer          | {\"inputs\":[]} | '' | not_found",
                "/v2/repository/index           | {} | '' | forbidden",
            })
    void every_refusal_is_counted_once(String path, String body, String model, String reason) throws Exception {
        String line = "kinglet_requests_rejected_total{model=\"" + model + "\",reason=\"" + reason + "\"}";
        double before = metric(line);
        for (int i = 0; i < 5; i++) {
            http.post(path, body);
        }
        assertThat(metric(line) - before).isEqualTo(5);
    }

    @Test
    void refusals_over_grpc_are_counted_too() throws Exception {
        String line = "kinglet_requests_rejected_total{model=\"shapes\",reason=\"invalid\"}";
        double before = metric(line);
        assertThat(code(ModelInferRequest.newBuilder().setModelName("shapes").build()))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(metric(line) - before).isEqualTo(1);
    }

    @Test
    void a_long_name_is_not_repeated_in_full() throws Exception {
        String name = "x".repeat(3_000);
        Http.Reply reply = http.get("/v2/models/" + name);
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.bytes().length).isLessThan(1_000);
        assertThat(code(ModelInferRequest.newBuilder()
                        .setModelName(name.repeat(300))
                        .build()))
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    private static Set<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void the_page_asks_nothing_of_others() throws Exception {
        Http.Reply page = http.get("/");
        assertThat(page.status()).isEqualTo(200);
        for (String path : List.of("/", "/page/page.js", "/page/page.css", "/favicon.ico")) {
            Http.Reply file = http.get(path);
            assertThat(file.header("content-security-policy")).contains("default-src 'none'", "frame-ancestors 'none'");
            assertThat(file.header("x-content-type-options")).isEqualTo("nosniff");
            assertThat(file.header("referrer-policy")).isEqualTo("no-referrer");
        }
        assertThat(page.text()).doesNotContain("http://", "https://").contains("/page/page.js");
        assertThat(http.get("/page/page.js").status()).isEqualTo(200);
        assertThat(http.get("/page/page.css").status()).isEqualTo(200);
        assertThat(http.get("/models").json().get(0).get("name").textValue()).isEqualTo("shapes");
    }
}
