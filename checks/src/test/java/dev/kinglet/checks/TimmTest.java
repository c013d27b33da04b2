package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.WeightFile;
import dev.kinglet.weights.WeightMatch;
import dev.kinglet.zoo.Golden;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The networks that timm has too: its state dicts are read and written. The logits are compared by its record.py. */
class TimmTest {
    @TempDir
    Path folder;

    static Stream<Variant> inTimm() {
        return Zoo.all().stream().filter(variant -> variant.published().timm().isPresent());
    }

    @ParameterizedTest
    @MethodSource("inTimm")
    void the_names_types_shapes_and_order_of_timms_state_dict_are_known(Variant variant) {
        Network network = variant.network();
        List<String> state = new ArrayList<>();
        List<StateEntry> entries = network.state();
        ModelFile.Naming.TIMM.dims(network).forEach((name, dims) -> {
            StateEntry entry = entries.get(state.size()); // both construct their modules in the same order
            state.add(String.join(
                    "\t",
                    name,
                    entry.parameter().integer() ? "int64" : "float32",
                    dims.isEmpty()
                            ? "scalar"
                            : dims.stream().map(String::valueOf).collect(Collectors.joining("x")),
                    entry.parameter().trained() ? "P" : "B"));
        });
        assertThat(state).isEqualTo(Golden.timm(variant));
    }

    /** Without VGG, whose weights fill the heap; its shapes are tested on a narrow one. */
    static Stream<Variant> ofModerateSize() {
        return inTimm().filter(variant -> Costs.of(variant.network()).parameters() < 50_000_000);
    }

    @ParameterizedTest
    @MethodSource("ofModerateSize")
    void a_state_dict_of_timm_is_recognized_by_its_names_alone(Variant variant) throws IOException {
        Model model = Golden.model(variant);
        List<NdArray> arrays = List.copyOf(model.tensors().asMap().values());
        Map<String, NdArray> timms = new LinkedHashMap<>();
        for (String line : Golden.timm(variant)) {
            timms.put("model." + line.split("\t", -1)[0], arrays.get(timms.size()));
        }

        WeightMatch match = WeightMatch.of(model.network(), new WeightFile("timm.pth", new Tensors(timms), Map.of()));

        assertThat(match.tensors()).isEqualTo(model.tensors());
    }

    @ParameterizedTest
    @MethodSource("ofModerateSize")
    void a_file_that_is_written_for_timm_is_read_again(Variant variant) throws IOException {
        Model model = Golden.model(variant);
        Path file = folder.resolve("timm.safetensors");

        ModelFile.write(file, model, ModelFile.Naming.TIMM);

        assertThat(WeightFile.read(file).tensors().names())
                .containsExactlyElementsOf(
                        ModelFile.Naming.TIMM.dims(model.network()).keySet());
        assertThat(WeightFile.read(file).metadata()).containsEntry("format", "pt");
        assertThat(ModelFile.read(file, card -> model.network()).tensors()).isEqualTo(model.tensors());
    }
}
