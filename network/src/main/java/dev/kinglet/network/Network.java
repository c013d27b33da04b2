package dev.kinglet.network;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An immutable network: its layers and the names of its tensors, without their values. The constructor checks names,
 * order, shapes and state. {@link Scope} builds one.
 *
 * @param name of the variant, {@code peleenet}
 * @param layers in an order of execution (every layer after its inputs); the first is the input, the last the output
 * @param state every tensor of the network, in the order of the authors' state dict. That is the order in which they
 *     construct their modules, which need not be the order of execution.
 */
public record Network(String name, List<Layer> layers, List<StateEntry> state) {
    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if a name is used twice, a layer comes before one of its inputs or does not have
     *     the shape that its op computes, or the state does not list every parameter exactly once
     */
    public Network {
        layers = List.copyOf(layers);
        state = List.copyOf(state);
        Set<Layer> before = new HashSet<>();
        Set<String> names = new HashSet<>();
        Set<String> parameters = new HashSet<>();
        for (Layer layer : layers) {
            String at = name + ", at '" + layer.name() + "': ";
            require(layer.id() == before.size(), at + "id " + layer.id() + " at position " + before.size());
            require(names.add(layer.name()), at + "another layer has this name");
            require(before.containsAll(layer.inputs()), at + "an input comes later or is of another network");
            require(
                    (layer.id() == 0) == (layer.op() instanceof Op.Input),
                    at + "the input of a network is its first layer");
            Shape output = layer.op().output(layer.inputShapes());
            require(
                    output.equals(layer.shape()),
                    at + "its op makes " + output + ", but its shape is " + layer.shape());
            layer.op().parameters().forEach(p -> parameters.add(layer.nameOf(p)));
            before.add(layer);
        }
        require(!layers.isEmpty(), name + ": a network needs at least its input");
        for (StateEntry entry : state) {
            String at = name + ", state '" + entry.name() + "': ";
            require(before.contains(entry.layer()), at + "its layer is not of this network");
            require(
                    entry.layer().op().parameters().contains(entry.parameter())
                            && entry.name().equals(entry.layer().nameOf(entry.parameter())),
                    at + "'" + entry.layer().name() + "' has no such parameter");
            require(parameters.remove(entry.name()), at + "listed twice");
        }
        require(parameters.isEmpty(), name + ": the state leaves out " + parameters);
    }

    /** A network whose state is in the order of its layers. */
    public Network(String name, List<Layer> layers) {
        this(name, layers, stateOf(layers));
    }

    private static List<StateEntry> stateOf(List<Layer> layers) {
        return layers.stream()
                .flatMap(layer -> layer.op().parameters().stream().map(p -> new StateEntry(layer.nameOf(p), layer, p)))
                .toList();
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The image that this network takes. */
    public Layer input() {
        return layers.get(0);
    }

    /** The layer whose activation is the network's output. */
    public Layer output() {
        return layers.get(layers.size() - 1);
    }

    /** The head: the last layer that owns tensors, which gives the classes; the input of a network without any. */
    public Layer head() {
        Layer head = input();
        for (Layer layer : layers) {
            head = layer.op().parameters().isEmpty() ? head : layer;
        }
        return head;
    }

    /**
     * The layer whose activation is an image's embedding: what the last linear layer or convolution reads, before any
     * dropout, which is the identity in evaluation. Rewrites leave it as it is; after them a linear layer may be a
     * convolution, and a normalization that was the head may be folded into it.
     *
     * @throws IllegalArgumentException if the network has neither
     */
    public Layer features() {
        Layer last = layers.stream()
                .filter(layer -> layer.op() instanceof Op.Linear
                        || layer.op() instanceof Op.Conv
                        || layer.op() instanceof Op.LearnedGroupConv)
                .reduce((earlier, later) -> later)
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " has no embedding: it has neither a linear layer nor a convolution"));
        Layer features = last.input();
        while (features.op() instanceof Op.Dropout) {
            features = features.input();
        }
        return features;
    }

    /** Number of outputs for one image: the number of classes. */
    public int classes() {
        return Math.toIntExact(output().shape().elements());
    }

    /**
     * For each layer, by id, the id of the last layer that reads its activation: after that one the activation can be
     * freed. The output's, which the caller reads, is {@link Integer#MAX_VALUE}, and so is that of a layer nobody reads.
     */
    public int[] lastReaders() {
        int[] lastReader = new int[layers.size()];
        Arrays.fill(lastReader, Integer.MAX_VALUE);
        for (Layer layer : layers) {
            layer.inputs().forEach(input -> lastReader[input.id()] = layer.id());
        }
        return lastReader;
    }

    /** For each layer, by id, how many inputs of other layers it is. */
    public int[] readers() {
        int[] readers = new int[layers.size()];
        for (Layer layer : layers) {
            layer.inputs().forEach(input -> readers[input.id()]++);
        }
        return readers;
    }

    /**
     * The first batch normalization that sees maps of 1x1 pixels, one value per channel and image. Trained on a batch of one
     * image it has no variance to normalize with, and its running variance would become NaN.
     */
    public Optional<Layer> singleValueNorm() {
        return layers.stream()
                .filter(layer -> layer.op() instanceof Op.BatchNorm
                        && layer.shape().height() == 1
                        && layer.shape().width() == 1)
                .findFirst();
    }

    /** Number of images that a training batch needs at least: 2 with a {@link #singleValueNorm()}, else 1. */
    public int minimumBatch() {
        return singleValueNorm().isPresent() ? 2 : 1;
    }

    @Override
    public String toString() {
        return name + " " + input().shape() + " -> " + classes() + " classes, " + layers.size() + " layers";
    }
}
