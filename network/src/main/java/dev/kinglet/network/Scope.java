package dev.kinglet.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builder of a network: adds layers under a common name prefix. Scopes of one network share its layers. A layer knows its
 * shape, so input channels are never written. Not thread-safe.
 *
 * <p>Every method that adds a layer throws {@link IllegalArgumentException} if its inputs do not fit, naming the layer,
 * or if the name is taken.
 */
public final class Scope {
    private final String prefix;
    private final Map<String, Layer> layers; // by name, in insertion = execution order
    private final ModuleTree modules;

    private Scope(String prefix, Map<String, Layer> layers, ModuleTree modules) {
        this.prefix = prefix;
        this.layers = layers;
        this.modules = modules;
    }

    /** The outermost scope of a new network. */
    public static Scope root() {
        return new Scope("", new LinkedHashMap<>(), new ModuleTree());
    }

    /** A child scope: {@code in("features").in("stemblock")} names {@code features.stemblock.*}. */
    public Scope in(String child) {
        modules.child(path(child));
        return new Scope(path(child), layers, modules);
    }

    /**
     * Sets the order in which the authors construct the children of this scope, where it is not that of their first use
     * here. A state dict lists them in that order.
     *
     * @return this scope
     */
    public Scope constructs(String... children) {
        for (String child : children) {
            modules.child(path(child));
        }
        return this;
    }

    /** A numbered child, as in a PyTorch ModuleList. */
    public Scope in(int child) {
        return in(Integer.toString(child));
    }

    /** The image, the first layer of a network. */
    public Layer input(Shape shape) {
        return layer("input", new Op.Input(shape));
    }

    /** A convolution without bias. */
    public Layer conv(String name, Layer x, int out, Window window) {
        return conv(name, x, out, window, 1);
    }

    /** A grouped convolution without bias. */
    public Layer conv(String name, Layer x, int out, Window window, int groups) {
        return layer(name, new Op.Conv(x.shape().channels(), out, window, groups, false), x);
    }

    /** A convolution with a bias. */
    public Layer biasedConv(String name, Layer x, int out, Window window) {
        return layer(name, new Op.Conv(x.shape().channels(), out, window, 1, true), x);
    }

    /** A depthwise convolution without bias. */
    public Layer depthwise(String name, Layer x, Window window) {
        return conv(name, x, x.shape().channels(), window, x.shape().channels());
    }

    /** Batch normalization with PyTorch's defaults: epsilon 1e-5, momentum 0.1. */
    public Layer batchNorm(String name, Layer x) {
        return layer(name, new Op.BatchNorm(x.shape().channels(), 1e-5, 0.1), x);
    }

    /** A ReLU, named {@code relu} in this scope. */
    public Layer relu(Layer x) {
        return activation("relu", x, Op.Activation.Function.RELU);
    }

    /** An activation function. */
    public Layer activation(String name, Layer x, Op.Activation.Function function) {
        return layer(name, new Op.Activation(function), x);
    }

    /** The maximum of each window. */
    public Layer maxPool(String name, Layer x, Window window) {
        return layer(name, new Op.Pool(Op.Pool.Kind.MAX, window), x);
    }

    /** The mean of each window; padded pixels count as zeros. */
    public Layer averagePool(String name, Layer x, Window window) {
        return layer(name, new Op.Pool(Op.Pool.Kind.AVERAGE, window), x);
    }

    /** The mean of each channel, {@code [channels, 1, 1]}. */
    public Layer globalAverage(String name, Layer x) {
        return layer(name, new Op.GlobalAverage(), x);
    }

    /** Dropout, the identity in evaluation. */
    public Layer dropout(String name, Layer x, double probability) {
        return layer(name, new Op.Dropout(probability), x);
    }

    /** A linear layer over all elements of {@code x}. */
    public Layer linear(String name, Layer x, int out, boolean bias) {
        return layer(name, new Op.Linear(Math.toIntExact(x.shape().elements()), out, bias), x);
    }

    /** The element-wise sum of two layers of one shape. */
    public Layer add(String name, Layer a, Layer b) {
        return layer(name, new Op.Add(), a, b);
    }

    /** Each channel of {@code x} multiplied by its factor, {@code [channels, 1, 1]}. */
    public Layer scale(String name, Layer x, Layer factors) {
        return layer(name, new Op.Scale(), x, factors);
    }

    /** A channel shuffle. */
    public Layer shuffle(String name, Layer x, int groups) {
        return layer(name, new Op.Shuffle(groups), x);
    }

    /** A concatenation along channels; of one layer, that layer itself. */
    public Layer concat(String name, Layer... xs) {
        return xs.length == 1 ? xs[0] : layer(name, new Op.Concat(), xs);
    }

    /** Adds any op; the methods above abbreviate it. */
    public Layer layer(String name, Op op, Layer... inputs) {
        String path = path(name);
        List<Layer> from = List.of(inputs);
        Shape shape;
        try {
            shape = op.output(from.stream().map(Layer::shape).toList());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("at '" + path + "': " + e.getMessage(), e);
        }
        Layer layer = new Layer(layers.size(), path, op, from, shape);
        if (layers.putIfAbsent(path, layer) != null) {
            throw new IllegalArgumentException("two layers are named '" + path + "'; give one of them its own name");
        }
        op.parameters().forEach(p -> modules.add(new StateEntry(layer.nameOf(p), layer, p)));
        return layer;
    }

    /**
     * The finished network, whose output is the last layer added. Its state is in PyTorch's order: each module's own tensors
     * first, then those of its children, in the order in which they were first named here.
     */
    public Network build(String name) {
        return new Network(name, new ArrayList<>(layers.values()), modules.state());
    }

    private String path(String child) {
        return prefix.isEmpty() ? child : prefix + "." + child;
    }
}
