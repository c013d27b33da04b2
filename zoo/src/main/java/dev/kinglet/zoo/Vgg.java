package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;

/**
 * VGG-19 (Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556, configuration E), plain or with batch normalization. Layers
 * are named as in torchvision, which pools any image to 7x7 before the linear layers.
 *
 * @param normalized whether a batch normalization follows each convolution
 */
record Vgg(String name, boolean normalized) implements Definition {
    private static final int[][] STAGES = {{64, 2}, {128, 2}, {256, 4}, {512, 4}, {512, 4}}; // channels, convolutions
    private static final int HIDDEN = 4096;

    static List<Variant> variants() {
        return List.of(variant("vgg19", false, 72.376), variant("vgg19_bn", true, 74.218));
    }

    private static Variant variant(String name, boolean normalized, double top1) {
        Published published = Published.of("arXiv:1409.1556; github pytorch/vision", "BSD-3-Clause")
                .figures("143.7M, 19.6G")
                .top1(top1)
                .timm(name);
        return new Variant(
                name,
                new Vgg(name, normalized),
                Initialization.fanOut(0.01),
                Preprocessing.imagenet(),
                1000,
                published);
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Scope features = root.in("features");
        Sequence feature = new Sequence(features);
        Layer x = root.input(image);
        for (int[] stage : STAGES) {
            for (int i = 0; i < stage[1]; i++) {
                x = features.biasedConv(feature.name(), x, stage[0], Window.of(3));
                x = normalized ? features.batchNorm(feature.name(), x) : x;
                x = features.activation(feature.name(), x, Op.Activation.Function.RELU);
            }
            x = features.maxPool(feature.name(), x, Window.of(2).stride(2).padding(0));
        }
        x = root.layer("avgpool", new Op.AdaptiveAverage(7), x);
        Scope classifier = root.in("classifier");
        Sequence module = new Sequence(classifier);
        for (int i = 0; i < 2; i++) {
            x = classifier.linear(module.name(), x, HIDDEN, true);
            x = classifier.activation(module.name(), x, Op.Activation.Function.RELU);
            x = classifier.dropout(module.name(), x, 0.5);
        }
        classifier.linear(module.name(), x, classes, true);
        return root.build(name);
    }
}
