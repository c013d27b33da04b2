package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierListener;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.Exporter;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.JsonLimits;
import dev.kinglet.oip.RestCodec;
import dev.kinglet.oip.RestMessage;
import dev.kinglet.oip.Tensor;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.kinglet.oip.grpc.ModelMetadataRequest;
import dev.kinglet.onnx.samples.SampleModels;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The embedding of a file that has one: through every way in, equal to the classifier's own. */
@Tag("native")
class EmbeddingsTest {
    private static final String BIRDS = "/v2/models/birds/infer";
    private static final RestCodec CODEC = new RestCodec(JsonLimits.defaults());
    private static final int CLIENTS = 12;

    @TempDir
    static Path folder;

    private static final AtomicLong IMAGES_RUN = new AtomicLong();

    private static Classifier classifier;
    private static Server server;
    private static Http http;
    private static GRPCInferenceServiceBlockingStub grpc;

    @BeforeAll
    static void start() throws IOException {
        Path file = folder.resolve("birds.onnx");
        Exporter.defaults().withEmbeddings().export(SampleModels.withRandomState(SampleModels.everyOp(), 1), file);
        classifier = Classifier.open(file);
        Classifier served = Classifier.open(
                file, ClassifierOptions.defaults().withSessions(1).withListener(new CountingListener()));
        Map<String, Classifier> models = Map.of("birds", served, "plain", Samples.classifier(folder, 2));
        server = Server.of(ServerOptions.of(new ServerOptions.Models.Open(models))
                        .withPort(0)
                        .withLimits(Limits.defaults().withBatchDelay(Duration.ofMillis(20))))
                .start();
        http = new Http(server.uri());
        grpc = GrpcClients.newClient("gproto+" + server.uri() + "/", GRPCInferenceServiceBlockingStub.class);
    }

    @AfterAll
    static void stop() {
        server.close();
        classifier.close();
    }

    /** Counts images that were run, whatever for. */
    private static final class CountingListener implements ClassifierListener {
        @Override
        public void answered(CallTimes times) {
            IMAGES_RUN.addAndGet(times.images());
        }

        @Override
        public void failed(CallTimes times, Throwable reason) {}
    }

    private static Tensor file(int... seeds) throws IOException {
        List<byte[]> images = Arrays.stream(seeds).mapToObj(Samples::image).toList();
        return Tensor.ofBytes("input0", images, images.size());
    }

    private static Tensor floats(int images) throws IOException {
        float[] values = new float[images * 3 * Samples.PIXELS * Samples.PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.1 * i);
        }
        return Tensor.ofFloats("input0", values, images, 3, Samples.PIXELS, Samples.PIXELS);
    }

    private static float[] logits(int seed) throws ImageException {
        RgbImage image = new ImageDecoder(ImageLimits.defaults()).decode(Samples.image(seed));
        return classifier.logits(image);
    }

    private static float[] embedding(int seed) throws ImageException {
        return classifier.embed(Samples.image(seed));
    }

    private static InferResponse rest(InferRequest request) throws Exception {
        RestMessage message = CODEC.message(request);
        Http.Reply reply = http.post(
                BIRDS,
                message.bytes(),
                RestCodec.HEADER_LENGTH,
                Integer.toString(message.headerLength().getAsInt()));
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        String length = reply.header(RestCodec.HEADER_LENGTH);
        assertThat(length.isEmpty()).isEqualTo(!request.binaryOutputs());
        return CODEC.response(new RestMessage(
                reply.bytes(), length.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(length))));
    }

    /** The answers of REST with binary outputs, with JSON, and of gRPC. */
    private static List<InferResponse> answers(Tensor input, String... outputs) throws Exception {
        InferRequest binary = new InferRequest("birds", input).withOutputs(outputs);
        InferRequest json = new InferRequest("birds", "", "", List.of(input), binary.outputs(), false);
        return List.of(rest(binary), rest(json), GrpcCodec.response(grpc.modelInfer(GrpcCodec.message(binary))));
    }

    private static List<String> names(InferResponse answer) {
        return answer.outputs().stream().map(Tensor::name).toList();
    }

    @Test
    void metadata_have_it_where_the_file_does() throws Exception {
        int features = classifier.features().orElseThrow();
        JsonNode outputs = http.get("/v2/models/birds").json().get("outputs");
        assertThat(outputs).hasSize(2);
        assertThat(outputs.get(0).get("name").textValue()).isEqualTo("output0");
        assertThat(outputs.get(1).toString())
                .isEqualTo("{\"name\":\"embedding\",\"datatype\":\"FP32\",\"shape\":[-1," + features + "]}");
        assertThat(http.get("/v2/models/plain").json().get("outputs")).hasSize(1);
        assertThat(grpc.modelMetadata(ModelMetadataRequest.newBuilder()
                                .setName("birds")
                                .build())
                        .getOutputs(1)
                        .getShapeList())
                .containsExactly(-1L, (long) features);
    }

    @Test
    void images_get_it_alone_beside_the_logits_or_not_at_all() throws Exception {
        for (InferResponse answer : answers(file(1), "embedding")) {
            assertThat(names(answer)).containsExactly("embedding");
            assertThat(answer.output("embedding").floats()).isEqualTo(embedding(1));
            assertThat(answer.output("embedding").shape())
                    .containsExactly(1L, (long) classifier.features().orElseThrow());
        }
        for (InferResponse answer : answers(file(2), "embedding", "output0")) {
            assertThat(names(answer)).containsExactly("embedding", "output0");
            assertThat(answer.output("embedding").floats()).isEqualTo(embedding(2));
            assertThat(answer.output("output0").floats()).isEqualTo(logits(2));
        }
        for (InferResponse answer : answers(file(3), "output0")) {
            assertThat(names(answer)).containsExactly("output0");
            assertThat(answer.output("output0").floats()).isEqualTo(logits(3));
        }
    }

    @Test
    void a_request_that_names_no_outputs_gets_all() throws Exception {
        for (InferResponse answer : answers(file(4))) {
            assertThat(names(answer)).containsExactly("output0", "embedding");
            assertThat(answer.output("embedding").floats()).isEqualTo(embedding(4));
            assertThat(answer.output("output0").floats()).isEqualTo(logits(4));
        }
    }

    @Test
    void prepared_images_get_it_too() throws Exception {
        Tensor input = floats(3);
        ByteBuffer values = input.data().order(ByteOrder.LITTLE_ENDIAN);
        Classifier.Outputs expected = classifier.outputs(values, 3);
        for (InferResponse answer : answers(input, "output0", "embedding")) {
            assertThat(answer.output("output0").floats()).isEqualTo(expected.logits());
            assertThat(answer.output("embedding").floats()).isEqualTo(expected.embeddings());
        }
    }

    @Test
    void classes_may_stand_beside_it() throws Exception {
        InferRequest.Output best = new InferRequest.Output("output0", 1, InferRequest.Form.JSON);
        InferRequest.Output embedding = new InferRequest.Output("embedding", 0, InferRequest.Form.BINARY);
        InferResponse answer =
                rest(new InferRequest("birds", "", "", List.of(file(5)), List.of(best, embedding), true));
        assertThat(answer.output("output0").texts()).hasSize(1);
        assertThat(answer.output("embedding").floats()).isEqualTo(embedding(5));
    }

    @Test
    void an_image_as_the_body_gets_it_beside_its_classes() throws Exception {
        JsonNode plain =
                http.post("/predictions/birds", Samples.image(6)).json().get(0);
        assertThat(plain.has("embedding")).isFalse();
        assertThat(http.post("/predictions/birds?embedding=false", Samples.image(6))
                        .json()
                        .get(0))
                .isEqualTo(plain);
        JsonNode record = http.post("/predictions/birds?topk=2&embedding=true", Samples.image(6))
                .json()
                .get(0);
        assertThat(record.get("scores")).hasSize(2);
        assertThat(record.get("scores").get(0)).isEqualTo(plain.get("scores").get(0));
        assertThat(floats(record.get("embedding"))).isEqualTo(embedding(6));
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(array.get(i).asText());
        }
        return values;
    }

    @Test
    void each_image_of_a_form_gets_its_own() throws Exception {
        StringBuilder form = new StringBuilder();
        for (int seed : new int[] {7, 8}) {
            form.append("--x\r\nContent-Disposition: form-data; name=\"data\"; filename=\"")
                    .append(seed)
                    .append("\"\r\n\r\n")
                    .append(new String(Samples.image(seed), StandardCharsets.ISO_8859_1))
                    .append("\r\n");
        }
        byte[] body = form.append("--x--\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        JsonNode records = http.post(
                        "/predictions/birds?embedding=true", body, "Content-Type", "multipart/form-data; boundary=x")
                .json();
        assertThat(records).hasSize(2);
        assertThat(floats(records.get(0).get("embedding"))).isEqualTo(embedding(7));
        assertThat(floats(records.get(1).get("embedding"))).isEqualTo(embedding(8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "plain | {\"name\":\"embedding\"} | the model's output is output0, not 'embedding'; it was exported without",
                "plain | {\"name\":\"x\"} | the model's output is output0, not 'x'",
                "birds | {\"name\":\"x\"} | the model's outputs are output0 and embedding, not 'x'",
                "birds | {\"name\":\"embedding\"},{\"name\":\"embedding\"} | the output embedding was asked for twice",
                "birds | {\"name\":\"embedding\",\"parameters\":{\"classification\":2}} | an embedding has no classes",
            })
    void outputs_that_cannot_be_had_are_refused(String model, String outputs, String said) throws Exception {
        String image = Base64.getEncoder().encodeToString(Samples.image(1));
        Http.Reply reply = http.post(
                "/v2/models/" + model + "/infer",
                "{\"inputs\":[{\"name\":\"input0\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"" + image
                        + "\"]}],\"outputs\":[" + outputs + "]}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.error()).contains(said);
    }

    @Test
    void refusals_of_the_other_ways_in_say_why() throws Exception {
        InferRequest request = new InferRequest("plain", file(1)).withOutputs("embedding");
        assertThatThrownBy(() -> grpc.modelInfer(GrpcCodec.message(request)))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageStartingWith("INVALID_ARGUMENT: the model's output is output0, not 'embedding'");
        Http.Reply without = http.post("/predictions/plain?embedding=true", Samples.image(1));
        assertThat(without.status()).isEqualTo(400);
        assertThat(without.error())
                .isEqualTo("the model plain has no embeddings: it was exported without embeddings; export it again, by"
                        + " kinglet export --embeddings");
        Http.Reply wrong = http.post("/predictions/birds?embedding=yes", Samples.image(1));
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.error()).isEqualTo("embedding is 'yes', neither true nor false");
    }

    @Test
    void requests_of_both_kinds_that_are_run_together_get_their_own_rows() throws Exception {
        List<Callable<Boolean>> requests = new ArrayList<>();
        for (int i = 0; i < 8 * CLIENTS; i++) {
            int seed = i;
            requests.add(
                    switch (i % 4) {
                        case 0 -> () -> asked(seed, "output0");
                        case 1 -> () -> asked(seed, "embedding");
                        case 2 -> () -> asked(seed, "embedding", "output0");
                        default -> () -> predicted(seed);
                    });
        }
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            for (Future<Boolean> right : clients.invokeAll(requests)) {
                assertThat(right.get()).isTrue();
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(Pattern.compile("(?m)^kinglet_batch_images_max\\{model=\"birds\"\\} (\\S+)$")
                        .matcher(http.get("/metrics").text())
                        .results()
                        .map(match -> Double.valueOf(match.group(1))))
                .singleElement()
                .satisfies(images -> assertThat(images).isGreaterThanOrEqualTo(4));
    }

    /** Asks for two images, so that one request may be in two batches. */
    private static boolean asked(int seed, String... outputs) throws Exception {
        InferResponse answer = rest(new InferRequest("birds", file(seed, seed + 1)).withOutputs(outputs));
        for (String output : outputs) {
            float[] first = output.equals("embedding") ? embedding(seed) : logits(seed);
            float[] second = output.equals("embedding") ? embedding(seed + 1) : logits(seed + 1);
            float[] both = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            if (!Arrays.equals(answer.output(output).floats(), both)) {
                return false;
            }
        }
        return answer.outputs().size() == outputs.length;
    }

    private static boolean predicted(int seed) throws Exception {
        JsonNode record = http.post("/predictions/birds?embedding=true", Samples.image(seed))
                .json()
                .get(0);
        return record.get("scores").get(0).doubleValue()
                        == classifier.classify(Samples.image(seed)).get(0).score()
                && Arrays.equals(floats(record.get("embedding")), embedding(seed));
    }

    @Test
    void both_outputs_are_of_one_run() throws Exception {
        long before = IMAGES_RUN.get();
        assertThat(rest(new InferRequest("birds", file(9)).withOutputs("output0", "embedding"))
                        .outputs())
                .hasSize(2);
        assertThat(predicted(9)).isTrue();
        assertThat(IMAGES_RUN.get() - before).isEqualTo(2);
    }
}
