package dev.kinglet.network;

import java.util.List;

/**
 * An op at its place in a network. Two layers are equal only if they are the same object: a network may have the same op
 * over the same inputs twice.
 *
 * @param id position in {@link Network#layers()}
 * @param name path of a PyTorch state dict, without the parameter: {@code features.stemblock.stem1.conv}
 */
public record Layer(int id, String name, Op op, List<Layer> inputs, Shape shape) {
    public Layer {
        inputs = List.copyOf(inputs);
    }

    /** The only input of an op that takes one. */
    public Layer input() {
        if (inputs.size() != 1) {
            throw new IllegalStateException("'" + name + "' has " + inputs.size() + " inputs, not one");
        }
        return inputs.get(0);
    }

    /** Shapes of the inputs, in order. */
    public List<Shape> inputShapes() {
        return inputs.stream().map(Layer::shape).toList();
    }

    /** Qualified name of a parameter of this layer, {@code features.stemblock.stem1.conv.weight}. */
    public String nameOf(Parameter parameter) {
        return nameOf(parameter.name());
    }

    /** Qualified name of the parameter called {@code parameter} inside this layer. */
    public String nameOf(String parameter) {
        return name + "." + parameter;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return name + " " + op + " -> " + shape;
    }
}
