package dev.kinglet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that torch and Paddle wrote elsewhere, with the values their description gives. The environment variable
 * KINGLET_REFERENCE names a folder with {@code samples}.
 */
@Tag("data")
class ReferenceSamplesTest {
    private static final float[] EIGHTHS = new float[24];

    static {
        for (int i = 0; i < EIGHTHS.length; i++) {
            EIGHTHS[i] = i / 8f;
        }
    }

    private Path samples = Path.of("");

    @BeforeEach
    void find() {
        String folder = System.getenv("KINGLET_REFERENCE");
        assumeThat(folder).as("KINGLET_REFERENCE").isNotNull();
        samples = Path.of(folder, "samples");
    }

    private static NdArray floats(List<Integer> dims, float... values) {
        return new NdArray.Floats(dims, values);
    }

    @Test
    void every_sample_is_looked_at() throws IOException {
        try (Stream<Path> files = Files.list(samples)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "README.txt",
                            "legacy.pth.tar",
                            "zip.pth.tar",
                            "bare_zip.pth",
                            "protocol2.pdparams",
                            "protocol4.pdparams");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"legacy.pth.tar", "zip.pth.tar", "bare_zip.pth"})
    void torchs_have_the_described_values(String name) throws IOException {
        WeightFile file = WeightFile.read(samples.resolve(name));
        Tensors tensors = file.tensors();

        assertThat(file.source()).endsWith(name.startsWith("bare") ? name : name + " (state_dict)");
        String prefix = name.startsWith("bare") ? "" : "module.";
        assertThat(tensors.names())
                .containsExactly(
                        prefix + "conv.weight",
                        prefix + "norm.num_batches_tracked",
                        prefix + "index",
                        prefix + "view_t");
        assertThat(tensors.get(prefix + "conv.weight")).isEqualTo(floats(List.of(2, 3, 2, 2), EIGHTHS));
        assertThat(tensors.get(prefix + "norm.num_batches_tracked")).isEqualTo(NdArray.Longs.scalar(7));
        assertThat(tensors.get(prefix + "index")).isEqualTo(new NdArray.Longs(List.of(3), new long[] {2, 0, 1}));
        assertThat(tensors.get(prefix + "view_t")).isEqualTo(floats(List.of(3, 2), 0, 3, 1, 4, 2, 5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"protocol2.pdparams", "protocol4.pdparams"})
    void paddles_have_the_described_values_in_torchs_names_and_layout(String name) throws IOException {
        Tensors tensors = WeightFile.read(samples.resolve(name)).tensors();

        assertThat(tensors.names())
                .containsExactlyInAnyOrder(
                        "linear.weight",
                        "linear.bias",
                        "norm.weight",
                        "norm.bias",
                        "norm.running_mean",
                        "norm.running_var",
                        "conv.weight",
                        "fortran");
        assertThat(tensors.get("linear.weight")).isEqualTo(floats(List.of(2, 3), 0, 0.5f, 1, 0.25f, 0.75f, 1.25f));
        assertThat(tensors.get("linear.bias")).isEqualTo(floats(List.of(2), 0.5f, -1));
        assertThat(tensors.get("norm.running_mean")).isEqualTo(floats(List.of(2), 0.25f, 0.75f));
        assertThat(tensors.get("norm.running_var")).isEqualTo(floats(List.of(2), 1.5f, 2.5f));
        assertThat(tensors.get("conv.weight")).isEqualTo(floats(List.of(2, 3, 2, 2), EIGHTHS));
        assertThat(tensors.get("fortran")).isEqualTo(floats(List.of(2, 3), 0, 1, 2, 3, 4, 5));
    }
}
