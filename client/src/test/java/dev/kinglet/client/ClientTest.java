package dev.kinglet.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.client.InferenceClient.ModelInfo;
import dev.kinglet.client.InferenceClient.TensorInfo;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.Exporter;
import dev.kinglet.oip.DataType;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.Tensor;
import dev.kinglet.onnx.samples.SampleModels;
import dev.kinglet.serve.Server;
import dev.kinglet.serve.ServerOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("native")
class ClientTest {
    private static final String TOKEN = "a long secret";
    private static final int PIXELS = SampleModels.PIXELS;

    @TempDir
    static Path folder;

    private static Classifier classifier;
    private static Server server;

    /** Both clients, with and without a token. */
    enum Protocol {
        REST,
        GRPC;

        InferenceClient client(URI uri) {
            return this == REST
                    ? RestClient.of(uri).withToken(TOKEN)
                    : GrpcClient.of(uri.getHost(), uri.getPort()).withToken(TOKEN);
        }

        InferenceClient stranger(URI uri) {
            return this == REST ? RestClient.of(uri) : GrpcClient.of(uri.getHost(), uri.getPort());
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Path file = folder.resolve("shapes.onnx");
        Exporter.defaults().withEmbeddings().export(SampleModels.withRandomState(SampleModels.everyOp(), 1), file);
        classifier = Classifier.open(file);
        ServerOptions options = ServerOptions.of(
                        "shapes",
                        Classifier.open(file, ClassifierOptions.defaults().withSessions(2)))
                .withPort(0);
        server = Server.of(options.withAccess(options.access().withTokens(List.of(TOKEN))))
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
        classifier.close();
    }

    private static byte[] image() throws IOException {
        BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1_200; i++) {
            image.setRGB(i % 40, i / 40, 7_777 * i);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ImageIO.write(image, "png", file);
        return file.toByteArray();
    }

    @ParameterizedTest
    @EnumSource
    void a_server_and_its_models_are_known(Protocol protocol) throws Exception {
        try (InferenceClient client = protocol.client(server.uri())) {
            assertThat(client.isLive()).isTrue();
            assertThat(client.isReady()).isTrue();
            assertThat(client.isReady("shapes")).isTrue();
            assertThat(client.isReady("none")).isFalse();
            ModelInfo model = client.metadata("shapes");
            assertThat(model.versions()).containsExactly("1");
            assertThat(model.inputs().get(0).type()).isEqualTo(DataType.FP32);
            assertThat(model.inputs().get(0).shape()).containsExactly(-1L, 3L, (long) PIXELS, (long) PIXELS);
            assertThat(model.outputs().get(0).shape()).containsExactly(-1L, 5L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void files_and_tensors_get_the_classifiers_logits(Protocol protocol) throws Exception {
        float[] values = new float[2 * 3 * PIXELS * PIXELS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        try (InferenceClient client = protocol.client(server.uri())) {
            Tensor tensor = Tensor.ofFloats("input0", values, 2, 3, PIXELS, PIXELS);
            assertThat(client.infer(new InferRequest("shapes", tensor))
                            .output("output0")
                            .floats())
                    .isEqualTo(classifier.logits(values, 2));
            Tensor file = Tensor.ofBytes("input0", List.of(image()), 1);
            float[] logits = client.infer(new InferRequest("shapes", file))
                    .output("output0")
                    .floats();
            int best = classifier.classify(image()).get(0).index();
            for (float logit : logits) {
                assertThat(logits[best]).isGreaterThanOrEqualTo(logit);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void outputs_are_asked_for_by_their_names(Protocol protocol) throws Exception {
        try (InferenceClient client = protocol.client(server.uri())) {
            assertThat(client.metadata("shapes").outputs())
                    .extracting(TensorInfo::name)
                    .containsExactly("output0", "embedding");
            InferRequest request = new InferRequest("shapes", Tensor.ofBytes("input0", List.of(image()), 1));
            InferResponse alone = client.infer(request.withOutputs("embedding"));
            assertThat(alone.outputs()).hasSize(1);
            assertThat(alone.output("embedding").floats()).isEqualTo(classifier.embed(image()));
            assertThat(client.infer(request.withOutputs("output0")).outputs()).hasSize(1);
            assertThat(client.infer(request).outputs()).hasSize(2);
            assertThatThrownBy(() -> client.infer(request.withOutputs("scores")))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("the model's outputs are output0 and embedding, not 'scores'");
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_the_server_refuses_is_said(Protocol protocol) throws Exception {
        try (InferenceClient client = protocol.client(server.uri());
                InferenceClient stranger = protocol.stranger(server.uri())) {
            Tensor wrong = Tensor.ofFloats("input0", new float[3], 1, 3);
            assertThatThrownBy(() -> client.infer(new InferRequest("shapes", wrong)))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("takes FP32 [n, 3, 16, 16]");
            assertThatThrownBy(() -> client.metadata("none"))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("no model 'none'");
            assertThat(stranger.isLive()).isTrue();
            assertThatThrownBy(() -> stranger.metadata("shapes")).isInstanceOf(ServerException.class);
        }
    }

    @Test
    void a_server_that_is_not_there_is_an_io_exception() {
        URI nobody = URI.create("http://127.0.0.1:1");
        try (RestClient rest = RestClient.of(nobody);
                GrpcClient grpc = GrpcClient.of("127.0.0.1", 1).withTimeout(Duration.ofSeconds(2))) {
            assertThatThrownBy(rest::isLive).isInstanceOf(IOException.class);
            assertThatThrownBy(grpc::isLive).isInstanceOf(IOException.class);
        }
    }
}
