package dev.kinglet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Card;
import dev.kinglet.network.Initialization;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
    private static final Network NETWORK = SmallNetwork.of(3);
    private static final Model MODEL = new Model(
            NETWORK,
            Initialization.fanOut(0.01).draw(NETWORK, new Random(1)),
            new Card(
                            "small",
                            List.of("cat", "dog", "\u00e9lan"),
                            Preprocessing.imagenet().withInputSize(8))
                    .with(Card.TOP1, "61.5"));

    @TempDir
    private Path folder;

    private static Network network(Card card) {
        if (!card.model().equals("small")) {
            throw new IllegalArgumentException("there is no network '" + card.model() + "'");
        }
        return SmallNetwork.of(card.labels().size());
    }

    @Test
    void a_model_is_read_back() throws IOException {
        Path file = folder.resolve("m.safetensors");

        ModelFile.write(file, MODEL);
        Model read = ModelFile.read(file, ModelFileTest::network);

        assertThat(read.card()).isEqualTo(MODEL.card());
        assertThat(read.tensors()).isEqualTo(MODEL.tensors());
        assertThat(read.network().name()).isEqualTo("small");
    }

    @Test
    void a_file_without_a_card_is_refused() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Safetensors.write(file, MODEL.tensors(), Map.of());

        assertThatThrownBy(() -> ModelFile.read(file, ModelFileTest::network))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file + ": the file's metadata has no 'labels'");
    }

    @Test
    void weights_that_are_not_finite_are_refused() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (String name : MODEL.tensors().names()) {
            tensors.put(name, MODEL.tensors().get(name));
        }
        String first = MODEL.tensors().names().iterator().next();
        NdArray.Floats floats = (NdArray.Floats) MODEL.tensors().get(first);
        float[] values = floats.values().clone();
        values[0] = Float.NaN;
        tensors.put(first, new NdArray.Floats(floats.dims(), values));
        ModelFile.write(file, new Model(NETWORK, new Tensors(tensors), MODEL.card()));

        assertThatThrownBy(() -> ModelFile.read(file, ModelFileTest::network))
                .isInstanceOf(WeightsException.class)
                .hasMessageStartingWith(file + ": 1 of ")
                .hasMessageContaining(" tensors have values that are NaN or infinite (" + first + ")");
    }

    @Test
    void a_card_of_an_unknown_network_is_refused() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Card other = new Card("large", MODEL.card().labels(), MODEL.card().preprocessing());
        ModelFile.write(file, MODEL.withCard(other));

        assertThatThrownBy(() -> ModelFile.read(file, ModelFileTest::network))
                .isInstanceOf(WeightsException.class)
                .hasMessage(file + ": there is no network 'large'");
    }

    @Test
    void tensors_of_another_network_are_refused() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Network five = SmallNetwork.of(5);
        Safetensors.write(
                file,
                Initialization.fanOut(0.01).draw(five, new Random(1)),
                MODEL.card().toMetadata());

        assertThatThrownBy(() -> ModelFile.read(file, ModelFileTest::network))
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining("fc.weight: the network has [3, 4], the file has [5, 4]");
        assertThatThrownBy(() -> ModelFile.read(file, card -> five))
                .isInstanceOf(WeightsException.class)
                .hasMessage(file + ": names 3 classes, but small has 5 outputs");
    }
}
