package dev.kinglet.network;

import java.util.ArrayList;
import java.util.List;

/**
 * One operation of a network, without its inputs.
 *
 * <p>Facts every backend agrees on (output shape, parameters, multiply-accumulates) are methods here; what differs per
 * backend is a {@link Visitor}, so adding an op breaks compilation wherever it is not handled yet.
 */
public sealed interface Op {
    /**
     * The shape this op makes of {@code inputs}.
     *
     * @throws IllegalArgumentException if the inputs do not fit; the message names the offending axis
     */
    Shape output(List<Shape> inputs);

    /** Tensors this op owns, in the order a PyTorch state dict lists them. */
    default List<Parameter> parameters() {
        return List.of();
    }

    /** Multiply-accumulates of convolutions and linear layers for one image; 0 for everything else. */
    default long macs(List<Shape> inputs) {
        return 0;
    }

    /** Calls the visitor's method for this op. */
    <R> R accept(Visitor<R> visitor);

    /** One method per op: the compile-time exhaustive switch that Java 17 lacks. */
    interface Visitor<R> {
        R input(Input op);

        R conv(Conv op);

        R batchNorm(BatchNorm op);

        R activation(Activation op);

        R pool(Pool op);

        R concat(Concat op);

        R add(Add op);

        R globalAverage(GlobalAverage op);

        R dropout(Dropout op);

        R linear(Linear op);
    }

    /** The image a network is given. */
    record Input(Shape shape) implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 0);
            return shape;
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.input(this);
        }
    }

    /**
     * Cross-correlation, what PyTorch and ONNX call convolution: weight {@code [out, in / groups, kernel, kernel]} and,
     * when {@code bias}, a bias {@code [out]}.
     */
    record Conv(int in, int out, Window window, int groups, boolean bias) implements Op {
        public Conv {
            if (groups < 1 || in % groups != 0 || out % groups != 0) {
                throw new IllegalArgumentException(
                        "channels must divide into groups: in=" + in + ", out=" + out + ", groups=" + groups);
            }
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            requireChannels(inputs.get(0), in);
            return window.slide(inputs.get(0), out);
        }

        @Override
        public List<Parameter> parameters() {
            return weightAndBias(
                    Parameter.trained("weight", out, in / groups, window.kernel(), window.kernel()), bias, out);
        }

        @Override
        public long macs(List<Shape> inputs) {
            return output(inputs).elements() * (in / groups) * window.kernel() * window.kernel();
        }

        /** The same convolution with a bias. */
        public Conv withBias() {
            return new Conv(in, out, window, groups, true);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.conv(this);
        }
    }

    /**
     * Batch normalisation over a channel (Ioffe and Szegedy, 2015), of pictures and of vectors alike.
     *
     * @param momentum the share of the newest batch in the running statistics (PyTorch's sense)
     */
    record BatchNorm(int channels, double epsilon, double momentum) implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            requireChannels(inputs.get(0), channels);
            return inputs.get(0);
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(
                    Parameter.trained("weight", channels),
                    Parameter.trained("bias", channels),
                    Parameter.statistic("running_mean", channels),
                    Parameter.statistic("running_var", channels),
                    Parameter.counter("num_batches_tracked"));
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.batchNorm(this);
        }
    }

    /** An element-wise curve. */
    record Activation(Curve curve) implements Op {
        /** Which curve. */
        public enum Curve {
            /** {@code max(x, 0)} */
            RELU,
            /** {@code min(max(x, 0), 6)} */
            RELU6
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            return inputs.get(0);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.activation(this);
        }
    }

    /** The maximum or the mean of each window. A mean counts padded pixels as zeros; a maximum ignores them. */
    record Pool(Kind kind, Window window) implements Op {
        /** What is taken of a window. */
        public enum Kind {
            MAX,
            AVERAGE
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            return window.slide(inputs.get(0), inputs.get(0).channels());
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.pool(this);
        }
    }

    /** Concatenation along channels, in the order of the inputs. */
    record Concat() implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            if (inputs.isEmpty()) {
                throw new IllegalArgumentException("a concatenation needs at least one input");
            }
            Shape first = inputs.get(0);
            int channels = 0;
            for (Shape shape : inputs) {
                if (shape.height() != first.height() || shape.width() != first.width()) {
                    throw new IllegalArgumentException(
                            "cannot concatenate " + inputs + ": height and width must agree");
                }
                channels += shape.channels();
            }
            return new Shape(channels, first.height(), first.width());
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.concat(this);
        }
    }

    /** The element-wise sum of two activations of one shape. */
    record Add() implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 2);
            if (!inputs.get(0).equals(inputs.get(1))) {
                throw new IllegalArgumentException("cannot add " + inputs + ": shapes must be equal");
            }
            return inputs.get(0);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.add(this);
        }
    }

    /** The mean over height and width. */
    record GlobalAverage() implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            return new Shape(inputs.get(0).channels(), 1, 1);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.globalAverage(this);
        }
    }

    /** In training, each element is zeroed with {@code probability} and the others scaled up; otherwise the identity. */
    record Dropout(double probability) implements Op {
        public Dropout {
            if (!(probability >= 0 && probability < 1)) {
                throw new IllegalArgumentException("a dropout probability lies in [0, 1), not at " + probability);
            }
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            return inputs.get(0);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.dropout(this);
        }
    }

    /** A matrix product over all elements of an image: weight {@code [out, in]} and, when {@code bias}, {@code [out]}. */
    record Linear(int in, int out, boolean bias) implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            if (inputs.get(0).elements() != in) {
                throw new IllegalArgumentException(
                        "a linear layer of " + in + " inputs does not fit an activation of " + inputs.get(0));
            }
            return new Shape(out, 1, 1);
        }

        @Override
        public List<Parameter> parameters() {
            return weightAndBias(Parameter.trained("weight", out, in), bias, out);
        }

        @Override
        public long macs(List<Shape> inputs) {
            return (long) in * out;
        }

        /** The same layer with a bias. */
        public Linear withBias() {
            return new Linear(in, out, true);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.linear(this);
        }
    }

    private static List<Parameter> weightAndBias(Parameter weight, boolean bias, int out) {
        List<Parameter> parameters = new ArrayList<>(List.of(weight));
        if (bias) {
            parameters.add(Parameter.trained("bias", out));
        }
        return parameters;
    }

    private static void requireInputs(List<Shape> inputs, int count) {
        if (inputs.size() != count) {
            throw new IllegalArgumentException("takes " + count + " inputs, not " + inputs.size());
        }
    }

    private static void requireChannels(Shape input, int channels) {
        if (input.channels() != channels) {
            throw new IllegalArgumentException("takes " + channels + " channels, but the input is " + input);
        }
    }
}
