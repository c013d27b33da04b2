package dev.kinglet.onnx.samples;

import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Small networks that use every op between them, with every parameter and statistic drawn from a seed. */
public final class SampleModels {
    /** Side of the images the samples take. */
    public static final int PIXELS = 16;

    private SampleModels() {}

    /** All of them. */
    public static Stream<Model> all() {
        return Stream.of(everyOp(), vectorHead(), convAfterLinear(), imageOutput(), awkwardNames(), gates())
                .map(network -> withRandomState(network, 1));
    }

    /** Grouped and depthwise convolutions, strides and paddings, both pools, both curves, concatenation and sum. */
    public static Network everyOp() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        Layer stem =
                normRelu(s.in("stem"), s.conv("stem.conv", x, 8, Window.of(3).stride(2)));
        Layer grouped = normRelu(s.in("grouped"), s.conv("grouped.conv", stem, 12, Window.of(3), 4));
        Layer depthwise = s.depthwise("depthwise.conv", grouped, Window.of(5).padding(1));
        Layer clipped = s.layer(
                "depthwise.clip",
                new Op.Activation(Op.Activation.Function.RELU6),
                s.batchNorm("depthwise.norm", depthwise));
        Layer near = s.averagePool("near", grouped, Window.of(3).stride(2));
        Layer far = s.maxPool("far", clipped, Window.of(3).stride(2).padding(1));
        Layer narrow = s.maxPool("narrow", clipped, Window.of(2).stride(2).padding(0));
        Layer biased = s.layer("biased", new Op.Conv(12, 12, Window.of(1), 1, true), narrow);
        Layer sum = s.add("sum", s.averagePool("near2", near, Window.of(2).padding(0)), biased);
        Layer both = s.concat("both", sum, biased, s.maxPool("far2", far, Window.of(1)));
        Layer dropped = s.dropout("drop", s.globalAverage("pool", both), 0.3);
        s.linear("fc", dropped, 5, true);
        return s.build("every_op");
    }

    /** A head of vectors: linear, batch norm, relu, dropout, linear; it reads an image, which is flattened for it. */
    public static Network vectorHead() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        Layer small = s.averagePool("shrink", x, Window.of(4).stride(4).padding(0));
        Layer hidden = normRelu(s.in("hidden"), s.linear("hidden.linear", small, 10, false));
        Layer other = s.linear("other", small, 10, true);
        Layer sum = s.add("sum", s.dropout("drop", hidden, 0.5), other);
        Layer result = s.linear("fc", s.concat("both", sum, other), 4, false);
        s.dropout("last", s.batchNorm("last_norm", result), 0.1);
        return s.build("vector_head");
    }

    /** Vectors where images are wanted: convolution, pool and global average after a linear layer, and a mixed sum. */
    public static Network convAfterLinear() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        Layer pooled = s.globalAverage("pool", s.conv("conv", x, 6, Window.of(3)));
        Layer vector = s.linear("linear", pooled, 6, true);
        Layer mixed = s.add("mixed", pooled, vector);
        Layer again = s.conv("again", vector, 6, Window.of(3));
        Layer averaged = s.globalAverage("average", s.maxPool("max", vector, Window.of(3)));
        s.relu(s.concat("all", mixed, again, vector, averaged));
        return s.build("conv_after_linear");
    }

    /** Its output is an image. */
    public static Network imageOutput() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        s.dropout("drop", s.conv("conv", x, 2, Window.of(5).stride(8).padding(0)), 0.2);
        return s.build("image_output");
    }

    /** Layers called what the file would call something else. */
    public static Network awkwardNames() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        Layer conv = s.conv("a", x, 3, Window.of(3).stride(4));
        Layer weight = s.layer("a.weight", new Op.Activation(Op.Activation.Function.RELU6), conv);
        Layer output = s.maxPool("output0", weight, Window.of(1));
        Layer input = s.maxPool("input0", output, Window.of(1));
        Layer flat = s.maxPool("input0.flat", input, Window.of(1));
        Layer flatten = s.maxPool("input0_.flatten", s.add("relu6.min", flat, input), Window.of(1));
        s.add("sum", s.linear("b", input, 3, true), s.linear("c", flatten, 3, true));
        return s.build("awkward_names");
    }

    /** Two images of one size, each scaled by gates that are laid out before, and one where they are not. */
    public static Network gates() {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(PIXELS).shape());
        Layer conv = s.conv("conv", x, 8, Window.of(3).stride(2));
        Layer gate = s.activation(
                "gate",
                s.biasedConv("excite", s.globalAverage("squeeze", conv), 8, Window.of(1)),
                Op.Activation.Function.SIGMOID);
        Layer scaled = s.layer("scaled", new Op.Scale(true), conv, gate);
        Layer again = s.layer("again", new Op.Scale(true), s.conv("more", scaled, 8, Window.of(3)), gate);
        s.linear("fc", s.globalAverage("pool", s.scale("plain", again, gate)), 5, true);
        return s.build("gates");
    }

    private static Layer normRelu(Scope s, Layer x) {
        return s.relu(s.batchNorm("norm", x));
    }

    /** A model whose state is drawn from {@code seed}: batch norms are far from the identity. */
    public static Model withRandomState(Network network, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            tensors.put(entry.name(), draw(entry, random));
        }
        return new Model(network, new Tensors(tensors), card(network));
    }

    private static NdArray draw(StateEntry entry, RandomGenerator random) {
        Parameter parameter = entry.parameter();
        if (parameter.role() == Parameter.Role.COUNTER) {
            return NdArray.Longs.scalar(7);
        }
        boolean positive = parameter.name().equals("running_var");
        double spread = parameter.dims().size() < 2
                ? 0.5
                : Math.sqrt(2.0 * parameter.dims().get(0) / parameter.elements());
        float[] values = new float[Math.toIntExact(parameter.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (positive ? 0.5 + random.nextDouble() : spread * random.nextGaussian());
        }
        return new NdArray.Floats(parameter.dims(), values);
    }

    /** Labels {@code class 0}, {@code class 1}, ... and a preprocessing unlike ImageNet's. */
    public static Card card(Network network) {
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(i -> "class " + i)
                .toList();
        Preprocessing preprocessing =
                new Preprocessing(PIXELS, 0.8, Interpolation.BICUBIC, List.of(0.5, 0.4, 0.3), List.of(0.2, 0.25, 0.3));
        return new Card(network.name(), labels, preprocessing).with(Card.VERSION, "0.1.0");
    }
}
