package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights for PyTorch: {@code export --format torch|timm}. */
class ExportWeightsTest {
    @TempDir
    Path here;

    private Path output() {
        return here.resolve("weights.safetensors");
    }

    @Test
    void weights_are_written_by_the_names_of_timm_or_of_the_authors() throws IOException {
        Run timm = Run.kinglet(
                "export",
                "--model",
                "mobilenetv2",
                "--num-classes",
                3,
                "--format",
                "timm",
                "--output",
                output(),
                "--json");

        assertThat(timm.status()).as(timm.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(timm.out());
        assertThat(json.get("model").textValue()).isEqualTo("mobilenetv2");
        assertThat(json.get("tensors").intValue()).isEqualTo(314);
        assertThat(WeightFile.read(output()).tensors().names())
                .hasSize(314)
                .startsWith("conv_stem.weight", "bn1.weight")
                .endsWith("classifier.weight", "classifier.bias");

        Path torch = here.resolve("torch.safetensors");
        Run again = Run.kinglet("export", output(), "--format", "torch", "--output", torch);
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out())
                .startsWith(torch + ": mobilenetv2, 3 classes, 224 pixels, ")
                .contains("314 tensors");
        assertThat(WeightFile.read(torch).tensors().names()).startsWith("features.0.0.weight");
        assertThat(WeightFile.read(torch).tensors().get("classifier.1.bias"))
                .isEqualTo(WeightFile.read(output()).tensors().get("classifier.bias"));
    }

    @Test
    void what_cannot_be_written_is_a_wrong_call() {
        refused("timm does not have peleenet, only mobilenetv2, ", "--model", "peleenet", "--format", "timm");
        refused("--rewrite goes with --format onnx", "--model", "ghostnet", "--format", "torch", "--rewrite", "none");
        refused("ends in .onnx", "--model", "ghostnet");
        refused("--format", "--model", "ghostnet", "--format", "tf");
    }

    private void refused(String message, Object... args) {
        Object[] all = new Object[args.length + 3];
        all[0] = "export";
        all[1] = "--output";
        all[2] = output();
        System.arraycopy(args, 0, all, 3, args.length);
        Run run = Run.kinglet(all);
        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.err().strip()).hasLineCount(1);
        assertThat(run.err()).contains(message);
        assertThat(output()).doesNotExist();
    }
}
