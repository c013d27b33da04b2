package dev.kinglet.judges;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceServerClient;
import triton.client.pojo.DataType;

/** A client of Triton that is not ours gets the same answers in all its forms. */
@Tag("native")
@Tag("system")
class TritonClientTest {
    private static final int VALUES = 3 * 32 * 32;

    @TempDir
    static Path folder;

    private static ServerProcess server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Path model = folder.resolve("models/tiny/1/model.onnx");
        Files.createDirectories(model.getParent());
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        server = ServerProcess.serve(folder.resolve("models"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static float[] infer(InferInput input, boolean binary) throws Exception {
        String address = server.uri().getHost() + ":" + server.uri().getPort();
        try (InferenceServerClient client = new InferenceServerClient(address, 5000, 20_000)) {
            InferResult result =
                    client.infer("tiny", List.of(input), List.of(new InferRequestedOutput("output0", binary)));
            return result.getOutputAsFloat("output0");
        }
    }

    private static InferInput floats(boolean binary) {
        Random random = new Random(1);
        float[] values = new float[2 * VALUES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        InferInput input = new InferInput("input0", new long[] {2, 3, 32, 32}, DataType.FP32);
        input.setData(values, binary);
        return input;
    }

    @Test
    void float_tensors_have_one_answer_in_json_and_in_binary_form() throws Exception {
        float[] expected = infer(floats(true), true);
        assertThat(expected).hasSize(20);
        assertThat(infer(floats(true), false)).isEqualTo(expected);
        assertThat(infer(floats(false), true)).isEqualTo(expected);
        assertThat(infer(floats(false), false)).isEqualTo(expected);
    }

    /** This client's elements of bytes are texts, so the file is in base64. */
    @Test
    void an_image_file_is_an_input_in_json_and_in_binary_form() throws Exception {
        String file = Base64.getEncoder().encodeToString(Drawing.png(40, 36));
        InferInput binary = new InferInput("input0", new long[] {1}, DataType.BYTES);
        binary.setData(new String[] {file}, true);
        InferInput json = new InferInput("input0", new long[] {1}, DataType.BYTES);
        json.setData(new String[] {file}, false);
        float[] expected = infer(binary, true);
        assertThat(expected).hasSize(10);
        assertThat(infer(json, true)).isEqualTo(expected);
    }
}
