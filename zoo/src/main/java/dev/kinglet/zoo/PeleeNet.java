package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;

/**
 * PeleeNet (Wang, Li and Ling, NeurIPS 2018, arXiv:1804.06882): DenseNet with two-way dense layers and a cost-efficient
 * stem. Layers are named as in the authors' release, so its weights load by name.
 *
 * @param growth channels each dense layer adds, split evenly over its two branches
 * @param layers dense layers of each stage
 * @param bottlenecks width of each stage's bottlenecks, in units of half the growth
 * @param stem channels of the stem
 */
record PeleeNet(int growth, List<Integer> layers, List<Integer> bottlenecks, int stem, double dropout)
        implements Definition {

    /** The network of table 1 of the paper; the released weights' top-1 is 72.1, the paper's third version says 72.6. */
    static List<Variant> variants() {
        Published published = Published.of("arXiv:1804.06882; github Robert-JunWang/PeleeNet", "Apache-2.0")
                .figures("2.8M, 508M")
                .top1(72.6);
        return List.of(new Variant(
                "peleenet",
                new PeleeNet(32, List.of(3, 4, 8, 6), List.of(1, 2, 4, 4), 32, 0.05),
                Initialization.fanOut(0.01),
                Preprocessing.imagenet(),
                1000,
                published));
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Scope features = root.in("features");
        Layer x = stem(features.in("stemblock"), root.input(image));
        for (int stage = 1; stage <= layers.size(); stage++) {
            x = denseBlock(features.in("denseblock" + stage), x, layers.get(stage - 1), bottlenecks.get(stage - 1));
            x = convBnRelu(features.in("transition" + stage), x, x.shape().channels(), Window.of(1));
            if (stage < layers.size()) {
                Window halve = Window.of(2).stride(2).padding(0);
                x = features.averagePool("transition" + stage + "_pool", x, halve);
            }
        }
        x = root.dropout("drop", root.globalAverage("pool", x), dropout);
        root.linear("classifier", x, classes, true);
        return root.build("peleenet");
    }

    private Layer stem(Scope s, Layer image) {
        Layer stem1 = convBnRelu(s.in("stem1"), image, stem, Window.of(3).stride(2));
        Layer squeezed = convBnRelu(s.in("stem2a"), stem1, stem / 2, Window.of(1));
        Layer learned = convBnRelu(s.in("stem2b"), squeezed, stem, Window.of(3).stride(2));
        Layer pooled = s.maxPool("pool", stem1, Window.of(2).stride(2).padding(0));
        return convBnRelu(s.in("stem3"), s.concat("concat", pooled, learned), stem, Window.of(1));
    }

    private Layer denseBlock(Scope s, Layer x, int layers, int bottleneck) {
        for (int i = 1; i <= layers; i++) {
            x = denseLayer(s.in("denselayer" + i), x, bottleneck);
        }
        return x;
    }

    /** Two branches with receptive fields of 3x3 and 5x5 (two 3x3 in a row); both are appended to the input. */
    private Layer denseLayer(Scope s, Layer x, int bottleneck) {
        int half = growth / 2;
        int width = half * bottleneck / 4 * 4;
        if (width > x.shape().channels() / 2) {
            width = x.shape().channels() / 8 * 4; // keeps early bottlenecks narrower than their input
        }
        Layer near = convBnRelu(s.in("branch1a"), x, width, Window.of(1));
        near = convBnRelu(s.in("branch1b"), near, half, Window.of(3));
        Layer far = convBnRelu(s.in("branch2a"), x, width, Window.of(1));
        far = convBnRelu(s.in("branch2b"), far, half, Window.of(3));
        far = convBnRelu(s.in("branch2c"), far, half, Window.of(3));
        return s.concat("concat", x, near, far);
    }

    private static Layer convBnRelu(Scope s, Layer x, int out, Window window) {
        return s.relu(s.batchNorm("norm", s.conv("conv", x, out, window)));
    }
}
