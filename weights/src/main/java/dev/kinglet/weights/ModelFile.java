package dev.kinglet.weights;

import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model as a safetensors file: its state, and its card in the metadata. */
public final class ModelFile {
    private static final String FORMAT = "format"; // as safetensors.torch writes it
    private static final String PYTORCH = "pt";

    private ModelFile() {}

    /** Finds the network a card is of. */
    @FunctionalInterface
    public interface Networks {
        /**
         * The network as the file has it: the variant, the number of classes, the input size and the rewrites of the card.
         *
         * @throws IllegalArgumentException if there is none; the message says what is wrong with the card
         */
        Network network(Card card);
    }

    /** The program whose names and shapes the tensors of a file have; all are recognized when a file is read. */
    public enum Naming {
        /** The authors' release, or torchvision: the network's own names. */
        TORCH(NameMap.AS_IT_IS),
        /** Ross Wightman's timm. */
        TIMM(NameMap.TIMM);

        @SuppressWarnings("ImmutableEnumChecker") // has no state that changes
        private final NameMap map;

        Naming(NameMap map) {
            this.map = map;
        }

        /** Names and dimensions of a network's tensors as that program has them, in the network's order. */
        public Map<String, List<Integer>> dims(Network network) {
            Map<String, List<Integer>> dims = new LinkedHashMap<>();
            map.entries(network)
                    .forEach((name, entry) -> dims.put(
                            name,
                            map.dialectDims(entry.name(), entry.parameter().dims())));
            return dims;
        }

        private Tensors tensors(Model model) {
            Map<String, NdArray> tensors = new LinkedHashMap<>();
            map.entries(model.network()).forEach((name, entry) -> {
                NdArray array = model.tensors().get(entry.name());
                tensors.put(
                        name,
                        array instanceof NdArray.Floats floats
                                ? new NdArray.Floats(map.dialectDims(entry.name(), array.dims()), floats.values())
                                : array);
            });
            return new Tensors(tensors);
        }
    }

    /** Writes a model whole or not at all. */
    public static void write(Path file, Model model) throws IOException {
        Safetensors.write(file, model.tensors(), model.card().toMetadata());
    }

    /**
     * Writes a model whole or not at all, for {@code load_state_dict} in Python: with another program's names, the card,
     * and the entry by which the programs of Hugging Face know a file of PyTorch. {@link #read} takes it too.
     */
    public static void write(Path file, Model model, Naming naming) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>(Map.of(FORMAT, PYTORCH));
        metadata.putAll(model.card().toMetadata());
        Safetensors.write(file, naming.tensors(model), metadata);
    }

    /**
     * Reads a model.
     *
     * @throws WeightsException if the file is damaged, has no card or one that cannot be used, or its tensors are not
     *     those of the card's network, or not all finite
     */
    public static Model read(Path file, Networks networks) throws IOException {
        return read(file, networks, WeightLimits.defaults());
    }

    static Model read(Path file, Networks networks, WeightLimits limits) throws IOException {
        WeightFile content = Safetensors.read(file, limits);
        Card card;
        try {
            card = Card.fromMetadata(content.metadata());
        } catch (IOException e) {
            throw WeightsException.of(content.source(), e);
        }
        Network network;
        try {
            network = networks.network(card);
        } catch (IllegalArgumentException e) {
            throw WeightsException.of(content.source(), e);
        }
        if (network.classes() != card.labels().size()) {
            throw new WeightsException(
                    content.source(),
                    "names " + card.labels().size() + " classes, but " + network.name() + " has " + network.classes()
                            + " outputs");
        }
        Tensors tensors = WeightMatch.of(network, content).tensors();
        WeightMatch.requireFinite(content.source(), tensors);
        return new Model(network, tensors, card);
    }
}
