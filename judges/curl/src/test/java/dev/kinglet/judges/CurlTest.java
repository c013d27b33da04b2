package dev.kinglet.judges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command lines that users of TorchServe and DJL Serving have, and what {@code kinglet predict} says of the same files. */
@Tag("native")
@Tag("system")
class CurlTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> FORMATS = List.of("jpg", "png", "webp", "bmp", "gif");
    private static final int EACH = 10; // images of a format

    @TempDir
    static Path folder;

    private static ServerProcess server;
    private static List<Path> images;
    private static JsonNode expected;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        Path model = folder.resolve("tiny.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        images = new ArrayList<>();
        for (String format : FORMATS) {
            for (int i = 0; i < EACH; i++) {
                images.add(draw(folder.resolve("drawing-" + i + "." + format), 33 + 7 * i, 90 - 5 * i, i));
            }
        }
        List<Object> predict = new ArrayList<>(List.of("predict", model));
        predict.addAll(images);
        predict.addAll(List.of("--json", "--logits"));
        expected = MAPPER.readTree(ServerProcess.kinglet(predict.toArray()));
        server = ServerProcess.serve(model);
    }

    private static Path draw(Path file, int width, int height, int seed) throws IOException {
        Path png = folder.resolve("drawing.png");
        Files.write(png, Drawing.png(width, height, seed));
        String name = file.getFileName().toString();
        if (name.endsWith("webp")) {
            try (Mat image = opencv_imgcodecs.imread(png.toString())) {
                assertThat(opencv_imgcodecs.imwrite(file.toString(), image)).isTrue();
            }
        } else {
            Drawing.convert(png, file, name.substring(name.lastIndexOf('.') + 1));
        }
        return file;
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static JsonNode curl(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("curl", "--silent", "--show-error", "--max-time", "20"));
        command.addAll(Arrays.asList(words));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(command + "\n" + out).isZero();
        return MAPPER.readTree(out);
    }

    private static String url(String path) {
        return server.uri().resolve(path).toString();
    }

    private static void assertPredicted(JsonNode record, int image) {
        for (String field : List.of("class_ids", "scores", "label_names")) {
            assertThat(record.get(field))
                    .as(images.get(image) + " " + field)
                    .isEqualTo(expected.get(image).get(field));
        }
    }

    @Test
    void each_file_of_each_format_gets_the_scores_of_predict_to_the_last_digit() throws Exception {
        assertThat(images).hasSize(50);
        for (int i = 0; i < images.size(); i++) {
            assertPredicted(
                    curl(url("/predictions/tiny"), "-T", images.get(i).toString())
                            .get(0),
                    i);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "URL -T FILE", // TorchServe's guide
                "-X POST URL -T FILE", // and that of DJL Serving
                "-X POST URL -F data=@FILE",
                "-X POST URL --data-binary @FILE",
                "-X POST URL -H Content-Type:image/jpeg --data-binary @FILE",
                "--http2-prior-knowledge URL -T FILE",
                "-H Transfer-Encoding:chunked URL -T FILE",
                "-H Expect:100-continue URL -T FILE",
            })
    void the_usual_lines_work(String line) throws Exception {
        String filled = line.replace("URL", url("/predictions/tiny"))
                .replace("FILE", images.get(3).toString());
        assertPredicted(curl(filled.split(" ")).get(0), 3);
    }

    @Test
    void a_form_with_several_files_gets_a_record_for_each() throws Exception {
        JsonNode records = curl(url("/predictions/tiny"), "-F", "a=@" + images.get(1), "-F", "b=@" + images.get(20));
        assertThat(records).hasSize(2);
        assertPredicted(records.get(0), 1);
        assertPredicted(records.get(1), 20);
        assertThat(records.get(1).get("file_name").textValue())
                .isEqualTo(images.get(20).getFileName().toString());
    }

    @Test
    void the_open_inference_protocol_gives_the_same_logits() throws Exception {
        Path request = folder.resolve("request.json");
        String file = Base64.getEncoder().encodeToString(Files.readAllBytes(images.get(5)));
        Files.writeString(
                request,
                "{\"inputs\":[{\"name\":\"input0\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"" + file
                        + "\"]}]}");
        JsonNode answer = curl(url("/v2/models/tiny/infer"), "--data-binary", "@" + request);
        JsonNode output = answer.get("outputs").get(0);
        assertThat(output.get("shape").toString()).isEqualTo("[1,10]");
        for (int i = 0; i < 10; i++) {
            assertThat(output.get("data").get(i).floatValue())
                    .isEqualTo(expected.get(5).get("logits").get(i).floatValue());
        }
    }
}
