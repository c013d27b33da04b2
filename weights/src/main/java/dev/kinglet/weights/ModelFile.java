package dev.kinglet.weights;

import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Tensors;
import java.io.IOException;
import java.nio.file.Path;

/** A model as a safetensors file: its state, and its card in the metadata. */
public final class ModelFile {
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

    /** Writes a model whole or not at all. */
    public static void write(Path file, Model model) throws IOException {
        Safetensors.write(file, model.tensors(), model.card().toMetadata());
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
