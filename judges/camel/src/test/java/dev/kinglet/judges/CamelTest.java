package dev.kinglet.judges;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import inference.GrpcPredictV2.InferTensorContents;
import inference.GrpcPredictV2.ModelInferRequest;
import inference.GrpcPredictV2.ModelInferResponse;
import inference.GrpcPredictV2.ModelMetadataResponse;
import inference.GrpcPredictV2.ModelReadyResponse;
import inference.GrpcPredictV2.ServerMetadataResponse;
import inference.GrpcPredictV2.ServerReadyResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Apache Camel's component, as its users call it. */
@Tag("native")
@Tag("system")
class CamelTest {
    @TempDir
    static Path folder;

    private static ServerProcess server;
    private static DefaultCamelContext camel;
    private static Path image;
    private static JsonNode expected;

    @BeforeAll
    static void start() throws Exception {
        Path model = folder.resolve("tiny.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        image = Files.write(folder.resolve("drawing.png"), Drawing.png(40, 36));
        expected = new ObjectMapper()
                .readTree(ServerProcess.kinglet("predict", model, image, "--json", "--logits"))
                .get(0);
        server = ServerProcess.serve(model);
        camel = new DefaultCamelContext();
        camel.start();
    }

    @AfterAll
    static void stop() throws IOException {
        camel.close();
        server.close();
    }

    private static <T> T ask(String what, Object body, Class<T> type) {
        String target = "target=" + server.uri().getHost() + ":" + server.uri().getPort();
        return camel.createProducerTemplate().requestBody("kserve:" + what + "?modelName=tiny&" + target, body, type);
    }

    @Test
    void the_server_and_its_model_are_ready_and_described() {
        assertThat(ask("server/ready", "", ServerReadyResponse.class).getReady())
                .isTrue();
        assertThat(ask("model/ready", "", ModelReadyResponse.class).getReady()).isTrue();
        assertThat(ask("server/metadata", "", ServerMetadataResponse.class).getName())
                .isEqualTo("kinglet");
        assertThat(ask("model/metadata", "", ModelMetadataResponse.class)
                        .getInputs(0)
                        .getShapeList())
                .containsExactly(-1L, 3L, 32L, 32L);
    }

    @Test
    void an_image_file_is_an_input() throws IOException {
        ByteString file = ByteString.copyFrom(Files.readAllBytes(image));
        ModelInferRequest request = ModelInferRequest.newBuilder()
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("input0")
                        .setDatatype("BYTES")
                        .addShape(1)
                        .setContents(InferTensorContents.newBuilder().addBytesContents(file)))
                .build();
        ModelInferResponse answer = ask("infer", request, ModelInferResponse.class);
        ByteBuffer logits =
                answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        for (JsonNode logit : expected.get("logits")) {
            assertThat(logits.getFloat()).isEqualTo(logit.floatValue());
        }
        assertThat(logits.hasRemaining()).isFalse();
    }
}
