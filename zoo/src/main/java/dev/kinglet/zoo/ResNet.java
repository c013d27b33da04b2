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
 * ResNet-50 (He et al., CVPR 2016, arXiv:1512.03385), with the stride of a bottleneck at its 3x3 convolution. Layers
 * are named as in torchvision.
 */
record ResNet(String name, List<Integer> blocks) implements Definition {
    private static final int WIDTH = 64;
    private static final int EXPANSION = 4;

    static List<Variant> variants() {
        Published published = Published.of("arXiv:1512.03385; github pytorch/vision", "BSD-3-Clause")
                .figures("25.6M, 4.1G")
                .top1(76.2)
                .timm("resnet50");
        return List.of(new Variant(
                "resnet50",
                new ResNet("resnet50", List.of(3, 4, 6, 3)),
                Initialization.fanOut(0.01),
                Preprocessing.imagenet(),
                1000,
                published));
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Layer x = root.conv("conv1", root.input(image), WIDTH, Window.of(7).stride(2));
        x = root.relu(root.batchNorm("bn1", x));
        x = root.maxPool("maxpool", x, Window.of(3).stride(2));
        for (int stage = 0; stage < blocks.size(); stage++) {
            for (int block = 0; block < blocks.get(stage); block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                x = bottleneck(root.in("layer" + (stage + 1)).in(block), x, WIDTH << stage, stride);
            }
        }
        root.linear("fc", root.globalAverage("avgpool", x), classes, true);
        return root.build(name);
    }

    private static Layer bottleneck(Scope s, Layer x, int width, int stride) {
        int out = EXPANSION * width;
        Layer y = s.batchNorm("bn1", s.conv("conv1", x, width, Window.of(1)));
        y = s.conv("conv2", s.in("relu1").relu(y), width, Window.of(3).stride(stride));
        y = s.conv("conv3", s.in("relu2").relu(s.batchNorm("bn2", y)), out, Window.of(1));
        y = s.batchNorm("bn3", y);
        Layer shortcut = x;
        if (stride != 1 || x.shape().channels() != out) {
            Scope downsample = s.in("downsample");
            Layer projected = downsample.conv("0", x, out, Window.of(1).stride(stride));
            shortcut = downsample.batchNorm("1", projected);
        }
        return s.in("relu3").relu(s.add("add", y, shortcut));
    }
}
