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
 * The ResNets for CIFAR-10 (He et al., CVPR 2016, arXiv:1512.03385, section 4.2), with shortcuts of option A, which have no
 * weights: every second pixel, padded with channels of zeros. Layers are named as in akamaster's release of weights.
 *
 * @param blocks residual blocks in each of the three stages; the depth is {@code 6 blocks + 2}
 */
record CifarResNet(String name, int blocks) implements Definition {
    private static final int WIDTH = 16;

    /** Depths 20 to 56, with the errors of table 6. */
    static List<Variant> variants() {
        return List.of(
                variant(20, "0.27M", 91.25),
                variant(32, "0.46M", 92.49),
                variant(44, "0.66M", 92.83),
                variant(56, "0.85M", 93.03));
    }

    private static Variant variant(int depth, String parameters, double top1) {
        String name = "resnet" + depth + "_cifar";
        Published published = Published.of("arXiv:1512.03385; github akamaster/pytorch_resnet_cifar10", "BSD-2-Clause")
                .figures(parameters)
                .top1(top1);
        return new Variant(
                name,
                new CifarResNet(name, (depth - 2) / 6),
                Initialization.fanIn(),
                Preprocessing.imagenet().withInputSize(32).withCropPct(1),
                10,
                published);
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Layer x = root.conv("conv1", root.input(image), WIDTH, Window.of(3));
        x = root.relu(root.batchNorm("bn1", x));
        for (int stage = 0; stage < 3; stage++) {
            for (int block = 0; block < blocks; block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                x = block(root.in("layer" + (stage + 1)).in(block), x, WIDTH << stage, stride);
            }
        }
        root.linear("linear", root.globalAverage("pool", x), classes, true);
        return root.build(name);
    }

    private static Layer block(Scope s, Layer x, int out, int stride) {
        Layer y = s.conv("conv1", x, out, Window.of(3).stride(stride));
        y = s.conv("conv2", s.in("relu1").relu(s.batchNorm("bn1", y)), out, Window.of(3));
        y = s.batchNorm("bn2", y);
        return s.in("relu2").relu(s.add("add", y, shortcut(s.in("shortcut"), x, out, stride)));
    }

    private static Layer shortcut(Scope s, Layer x, int out, int stride) {
        int missing = out - x.shape().channels();
        if (missing == 0) {
            return x;
        }
        Layer sparse = s.maxPool("subsample", x, Window.of(1).stride(stride));
        return s.layer("pad", new Op.PadChannels(missing / 2, missing - missing / 2), sparse);
    }
}
