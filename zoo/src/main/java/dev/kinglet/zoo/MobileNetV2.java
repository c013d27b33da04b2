package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Padding;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;
import java.util.OptionalInt;

/**
 * MobileNetV2 (Sandler et al., CVPR 2018, arXiv:1801.04381): inverted residuals with linear bottlenecks. Layers are named
 * as in torchvision.
 *
 * @param width multiplier of all channels
 * @param tensorFlow whether it is as in TensorFlow's releases: "SAME" padding, and batch normalization folded into the
 *     convolutions, which therefore have a bias
 */
record MobileNetV2(String name, double width, boolean tensorFlow) implements Definition {
    private static final int[][] BLOCKS = { // expansion, channels, number of blocks, stride of the first
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };
    private static final int EMBEDDING = 1280;

    static List<Variant> variants() {
        Preprocessing symmetric =
                Preprocessing.imagenet().withNormalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));
        Published paper = Published.of("arXiv:1801.04381; github pytorch/vision", "BSD-3-Clause");
        Published released = Published.of(
                "arXiv:1801.04381; TensorFlow's release, in the test data of github google-coral", "Apache-2.0");
        return List.of(
                variant("mobilenetv2", 1, paper.figures("3.5M, 0.3G").top1(72.0).timm("mobilenetv2_100")),
                variant(
                        "mobilenetv2_1.4",
                        1.4,
                        paper.figures("6.1M, 0.6G").top1(74.7).timm("mobilenetv2_140")),
                new Variant(
                        "tf_mobilenetv2_100",
                        new MobileNetV2("tf_mobilenetv2_100", 1, true),
                        Initialization.fanOut(0.01),
                        symmetric,
                        1001,
                        OptionalInt.of(0),
                        released.figures("3.5M, 0.3G").top1(71.8)));
    }

    private static Variant variant(String name, double width, Published published) {
        MobileNetV2 net = new MobileNetV2(name, width, false);
        return new Variant(name, net, Initialization.fanOut(0.01), Preprocessing.imagenet(), 1000, published);
    }

    /** The nearest multiple of 8, or the next one where that is more than a tenth smaller. */
    private static int divisible(double channels) {
        int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Sequence features = new Sequence(root.in("features"));
        Layer x = convBnRelu(features.scope(), root.input(image), divisible(32 * width), 3, 2, 1);
        for (int[] row : BLOCKS) {
            for (int i = 0; i < row[2]; i++) {
                x = block(features.scope(), x, row[0], divisible(row[1] * width), i == 0 ? row[3] : 1);
            }
        }
        x = convBnRelu(features.scope(), x, divisible(EMBEDDING * Math.max(1, width)), 1, 1, 1);
        Scope classifier = root.in("classifier");
        x = classifier.dropout("0", root.globalAverage("pool", x), 0.2);
        classifier.linear("1", x, classes, true);
        return root.build(name);
    }

    private Layer block(Scope s, Layer x, int expansion, int out, int stride) {
        int in = x.shape().channels();
        Sequence conv = new Sequence(s.in("conv"));
        Layer wide = expansion == 1 ? x : convBnRelu(conv.scope(), x, in * expansion, 1, 1, 1);
        int channels = wide.shape().channels();
        Layer filtered = convBnRelu(conv.scope(), wide, channels, 3, stride, channels);
        Layer y = convBn(s.in("conv"), conv.name(), conv.name(), filtered, out, 1, 1, 1);
        return stride == 1 && in == out ? s.add("add", x, y) : y;
    }

    private Layer convBnRelu(Scope s, Layer x, int out, int kernel, int stride, int groups) {
        return s.activation("2", convBn(s, "0", "1", x, out, kernel, stride, groups), Function.RELU6);
    }

    private Layer convBn(Scope s, String conv, String norm, Layer x, int out, int kernel, int stride, int groups) {
        Window window = Window.of(kernel).stride(stride);
        int in = x.shape().channels();
        if (tensorFlow) {
            Window same = window.padding(Padding.same(x.shape(), kernel, stride));
            return s.layer(conv, new Op.Conv(in, out, same, groups, true), x);
        }
        return s.batchNorm(norm, s.conv(conv, x, out, window, groups));
    }
}
