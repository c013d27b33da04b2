package dev.kinglet.network;

import java.util.stream.Collectors;

/**
 * A network with the values of its tensors and its card: everything that an export, a file or a backend needs.
 *
 * @param tensors one array for every {@link Network#state()} entry, of its dimensions and type
 */
public record Model(Network network, Tensors tensors, Card card) {
    /** @throws IllegalArgumentException if the tensors are not the network's, or there is not one label per class */
    public Model {
        if (!tensors.names()
                .equals(network.state().stream().map(StateEntry::name).collect(Collectors.toSet()))) {
            throw new IllegalArgumentException(network.name() + " has "
                    + network.state().size() + " tensors, but others were given: " + firstDifference(network, tensors));
        }
        for (StateEntry entry : network.state()) {
            NdArray array = tensors.get(entry.name());
            boolean integer = entry.parameter().integer();
            if (!array.dims().equals(entry.parameter().dims()) || integer != array instanceof NdArray.Longs) {
                throw new IllegalArgumentException(
                        entry.name() + ": the network has " + (integer ? "int64 " : "float32 ")
                                + entry.parameter().dims() + ", but " + array + " was given");
            }
        }
        if (card.labels().size() != network.classes()) {
            throw new IllegalArgumentException(network.name() + " has " + network.classes()
                    + " outputs, but its card names " + card.labels().size() + " classes");
        }
    }

    /** The same network and tensors with another card. */
    public Model withCard(Card other) {
        return new Model(network, tensors, other);
    }

    private static String firstDifference(Network network, Tensors tensors) {
        for (StateEntry entry : network.state()) {
            if (!tensors.has(entry.name())) {
                return "'" + entry.name() + "' is missing";
            }
        }
        for (String name : tensors.names()) {
            if (network.state().stream().noneMatch(entry -> entry.name().equals(name))) {
                return "'" + name + "' is not one of the network's";
            }
        }
        return "the names agree";
    }
}
