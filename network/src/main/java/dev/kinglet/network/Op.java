package dev.kinglet.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One operation of a network, without its inputs.
 *
 * <p>Facts that every backend agrees on (output shape, parameters, multiply-accumulates) are methods here; what differs
 * between backends is a {@link Visitor}, so that a new op stops compilation wherever it is not handled yet.
 */
public sealed interface Op {
    /**
     * The shape of the output, given those of the inputs.
     *
     * @throws IllegalArgumentException if the inputs do not fit; the message names the offending axis
     */
    Shape output(List<Shape> inputs);

    /** Tensors that this op owns, in the order in which a PyTorch state dict lists them. */
    default List<Parameter> parameters() {
        return List.of();
    }

    /**
     * Initial value of a tensor that is not trained.
     *
     * @param parameter one of {@link #parameters()}
     * @throws IllegalArgumentException if the op has no such tensor, or it is trained and so randomly initialized
     */
    default NdArray initialValue(Parameter parameter) {
        throw new IllegalArgumentException(
                "'" + parameter.name() + "' is randomly initialized, or is no tensor of this op");
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

        R learnedGroupConv(LearnedGroupConv op);

        R batchNorm(BatchNorm op);

        R activation(Activation op);

        R pool(Pool op);

        R concat(Concat op);

        R add(Add op);

        R scale(Scale op);

        R channelGather(ChannelGather op);

        R shuffle(Shuffle op);

        R channelMatrix(ChannelMatrix op);

        R padChannels(PadChannels op);

        R globalAverage(GlobalAverage op);

        R adaptiveAverage(AdaptiveAverage op);

        R dropout(Dropout op);

        R linear(Linear op);
    }

    /** The image that a network takes. */
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
     * Cross-correlation, which PyTorch and ONNX call convolution: weight {@code [out, in / groups, kernel, kernel]} and,
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
            return weightAndBias(weight(), bias, out);
        }

        @Override
        public long macs(List<Shape> inputs) {
            return output(inputs).elements() * inPerGroup() * window.elements();
        }

        /** The weight, {@code [out, in / groups, kernel, kernel]}. */
        public Parameter weight() {
            return Parameter.trained("weight", out, in / groups, window.kernel(), window.kernel());
        }

        /** Whether each output reads all inputs: one group. */
        public boolean isDense() {
            return groups == 1;
        }

        /** Whether each output reads the input of its own channel: as many groups as inputs and outputs. */
        public boolean isDepthwise() {
            return groups == in && groups == out;
        }

        /** Whether it has several groups of several inputs each: neither dense nor depthwise. */
        public boolean isGrouped() {
            return groups > 1 && groups < in;
        }

        /** Number of inputs that one group reads. */
        public int inPerGroup() {
            return in / groups;
        }

        /** Number of outputs that one group has. */
        public int outPerGroup() {
            return out / groups;
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
     * A dense 1x1 convolution that training prunes to a grouped one (Huang et al., 2018, section 4.1; Yang et al., 2021,
     * section 3): weight {@code conv.weight [out, in, 1, 1]}, multiplied by {@code _mask} of the same dimensions, which is 0
     * where the weight is pruned and 1 elsewhere. {@code _stage [1]} counts the prunings, {@code _count [1]} the channels
     * that each group has lost; {@link Pruning} changes all three.
     *
     * <p>Groups are interleaved: channel {@code c} of the side that is grouped belongs to group {@code c mod groups}.
     *
     * @param condensation reciprocal of the fraction of the weights that is kept in the end
     */
    record LearnedGroupConv(int in, int out, int groups, int condensation, Pruned pruned) implements Op {
        public static final String WEIGHT = "conv.weight";
        public static final String MASK = "_mask";
        public static final String STAGE = "_stage";
        public static final String COUNT = "_count";

        /** Which side of the weight loses channels; the other one is grouped. */
        public enum Pruned {
            /** Each group of outputs keeps {@code in / condensation} inputs: CondenseNet's learned group convolution. */
            INPUTS,
            /** Each group of inputs keeps {@code out / condensation} outputs: CondenseNetV2's sparse feature reactivation. */
            OUTPUTS
        }

        public LearnedGroupConv {
            int prunedSide = pruned == Pruned.INPUTS ? in : out;
            int groupedSide = pruned == Pruned.INPUTS ? out : in;
            if (groups < 1 || condensation < 2 || prunedSide % condensation != 0 || groupedSide % groups != 0) {
                throw new IllegalArgumentException("a learned group convolution of " + in + " inputs and " + out
                        + " outputs cannot have " + groups + " groups and condense its " + pruned + " by "
                        + condensation);
            }
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            requireChannels(inputs.get(0), in);
            return new Shape(out, inputs.get(0).height(), inputs.get(0).width());
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(
                    Parameter.buffer(COUNT, 1),
                    Parameter.buffer(STAGE, 1),
                    Parameter.buffer(MASK, out, in, 1, 1),
                    Parameter.trained(WEIGHT, out, in, 1, 1));
        }

        @Override
        public NdArray initialValue(Parameter parameter) {
            return switch (parameter.name()) {
                case COUNT, STAGE -> NdArray.Floats.filled(parameter.dims(), 0);
                case MASK -> NdArray.Floats.filled(parameter.dims(), 1);
                default -> Op.super.initialValue(parameter);
            };
        }

        /** Those of a dense convolution, which it is stored as. */
        @Override
        public long macs(List<Shape> inputs) {
            return output(inputs).elements() * in;
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.learnedGroupConv(this);
        }
    }

    /**
     * Batch normalization of each channel (Ioffe and Szegedy, 2015), for images and vectors alike.
     *
     * @param momentum weight of the newest batch in the running statistics, as in PyTorch
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
                    Parameter.buffer("running_mean", channels),
                    Parameter.buffer("running_var", channels),
                    Parameter.counter("num_batches_tracked"));
        }

        @Override
        public NdArray initialValue(Parameter parameter) {
            return switch (parameter.name()) {
                case "running_mean" -> NdArray.Floats.filled(parameter.dims(), 0);
                case "running_var" -> NdArray.Floats.filled(parameter.dims(), 1);
                case "num_batches_tracked" -> NdArray.Longs.scalar(0);
                default -> Op.super.initialValue(parameter);
            };
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.batchNorm(this);
        }
    }

    /**
     * An element-wise function.
     *
     * @param fused whether backends write a function that the authors' code composes of several operations as a single one;
     *     the values are the same
     */
    record Activation(Function function, boolean fused) implements Op {
        /** The function as the authors' code composes it. */
        public Activation(Function function) {
            this(function, false);
        }

        /** The functions. */
        public enum Function {
            /** {@code max(x, 0)} */
            RELU,
            /** {@code min(max(x, 0), 6)} */
            RELU6,
            /** {@code 1 / (1 + exp(-x))} */
            SIGMOID,
            /** {@code relu6(x + 3) / 6} (Howard et al., 2019, section 5.2) */
            HARD_SIGMOID,
            /** {@code x relu6(x + 3) / 6} (the same) */
            HARD_SWISH
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
        /** The statistic of a window. */
        public enum Kind {
            MAX,
            AVERAGE
        }

        public Pool {
            Padding padding = window.padding();
            if (!padding.symmetric() || 2 * Math.max(padding.top(), padding.left()) > window.kernel()) {
                throw new IllegalArgumentException(
                        "a pool's padding is the same on opposite sides and at most half its window of "
                                + window.kernel() + ", not " + padding);
            }
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

    /**
     * Each channel of the first input multiplied by its factor, the second input {@code [channels, 1, 1]}.
     *
     * @param broadcast whether a backend broadcasts the factors to the height and width of the image first; the values are
     *     the same
     */
    record Scale(boolean broadcast) implements Op {
        /** Without broadcasting the factors first, as in the authors' code. */
        public Scale() {
            this(false);
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 2);
            Shape x = inputs.get(0);
            Shape factors = inputs.get(1);
            if (!factors.equals(new Shape(x.channels(), 1, 1))) {
                throw new IllegalArgumentException(
                        "cannot scale " + x + " by " + factors + ": one factor per channel is needed");
            }
            return x;
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.scale(this);
        }
    }

    /** Channel gather: the channels that {@code index [out]} lists, in its order. One may be listed twice, or not at all. */
    record ChannelGather(int in, int out) implements Op {
        public static final String INDEX = "index";

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            requireChannels(inputs.get(0), in);
            return new Shape(out, inputs.get(0).height(), inputs.get(0).width());
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(Parameter.index(INDEX, out));
        }

        /** The channels in order, starting over at the first if {@code in < out}. */
        @Override
        public NdArray initialValue(Parameter parameter) {
            long[] index = new long[out];
            Arrays.setAll(index, i -> i % in);
            return new NdArray.Longs(parameter.dims(), index);
        }

        /**
         * The channels an index lists.
         *
         * @throws IllegalArgumentException if one is none of the input's
         */
        public int[] channels(long[] index) {
            return Arrays.stream(index)
                    .mapToInt(channel -> {
                        if (channel < 0 || channel >= in) {
                            throw new IllegalArgumentException(
                                    "an index lists channel " + channel + " of an input that has " + in);
                        }
                        return (int) channel;
                    })
                    .toArray();
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.channelGather(this);
        }
    }

    /**
     * Channel shuffle (Zhang et al., ShuffleNet, 2018): the transposition of the channels, seen as a matrix of
     * {@code groups} rows. Output {@code k groups + g} is input {@code g (channels / groups) + k}. The inverse of a shuffle of
     * {@code channels} in {@code groups} is one in {@code channels / groups}.
     */
    record Shuffle(int groups) implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            if (groups < 1 || inputs.get(0).channels() % groups != 0) {
                throw new IllegalArgumentException(
                        "cannot shuffle the channels of " + inputs.get(0) + " in " + groups + " groups");
            }
            return inputs.get(0);
        }

        /** For each output channel, the input channel that it copies. */
        public int[] sources(int channels) {
            int[] sources = new int[channels];
            Arrays.setAll(sources, out -> out % groups * (channels / groups) + out / groups);
            return sources;
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.shuffle(this);
        }
    }

    /**
     * A matrix over the channels of every pixel, {@code y[i] = sum over r of x[r] index[r, i]}, with {@code index} of
     * {@code [in, out]}. In CondenseNetV2 each row has a single 1, in the column of the feature that is reactivated. Its
     * multiply-accumulates do not count, as in the authors' figures.
     */
    record ChannelMatrix(int in, int out) implements Op {
        public static final String INDEX = "index";

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            requireChannels(inputs.get(0), in);
            return new Shape(out, inputs.get(0).height(), inputs.get(0).width());
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(Parameter.buffer(INDEX, in, out));
        }

        /** A 1 in each row, on the diagonal, which starts over at the first column if {@code out < in}. */
        @Override
        public NdArray initialValue(Parameter parameter) {
            float[] matrix = new float[Math.multiplyExact(in, out)];
            for (int i = 0; i < in; i++) {
                matrix[i * out + i % out] = 1;
            }
            return new NdArray.Floats(parameter.dims(), matrix);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.channelMatrix(this);
        }
    }

    /** Padding of the channel axis with channels of zeros. */
    record PadChannels(int before, int after) implements Op {
        public PadChannels {
            if (before < 0 || after < 0) {
                throw new IllegalArgumentException("cannot add " + before + " channels before and " + after + " after");
            }
        }

        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            Shape x = inputs.get(0);
            return new Shape(before + x.channels() + after, x.height(), x.width());
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.padChannels(this);
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

    /**
     * The means of {@code side x side} boxes that cover an image of any size, as in PyTorch's adaptive pooling: along an
     * axis of {@code n} pixels, box {@code i} goes from {@code floor(i n / side)} to {@code ceil((i + 1) n / side)}.
     */
    record AdaptiveAverage(int side) implements Op {
        @Override
        public Shape output(List<Shape> inputs) {
            requireInputs(inputs, 1);
            return new Shape(inputs.get(0).channels(), side, side);
        }

        /** Weight of each of {@code length} pixels in the mean of each box along one axis, {@code [side][length]}. */
        public double[][] weights(int length) {
            double[][] weights = new double[side][length];
            for (int box = 0; box < side; box++) {
                int from = box * length / side;
                int to = ((box + 1) * length + side - 1) / side;
                Arrays.fill(weights[box], from, to, 1.0 / (to - from));
            }
            return weights;
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.adaptiveAverage(this);
        }
    }

    /**
     * Dropout: in training, each element is zeroed with {@code probability} and the others are scaled by
     * {@code 1 / (1 - probability)}; in evaluation the identity.
     */
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

    /** A linear layer over all elements of an image: weight {@code [out, in]} and, when {@code bias}, {@code [out]}. */
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
