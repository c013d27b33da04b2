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
 * A network of Kinglet's own for CIFAR-10, not one of a paper: the form of the records of training speed (Jordan, 2024,
 * arXiv:2404.00498, sections 3.1 to 3.3) in the ops that Kinglet has. It is made to be trained in ten epochs by recipe
 * {@code cifar10-fast}.
 *
 * <p>Its first convolution has twice as many filters as a patch of 2x2 pixels has values: {@code --whiten} makes them the
 * patches' principal directions and their opposites, which are not trained.
 *
 * <p>In the place of GELU it has hard-swish after a normalization of scale {@value #SCALE}, which is as steep: {@code hardswish(s x)
 * = s x clip(s x / 6 + 1/2)}, where GELU is {@code x} times the normal distribution at {@code x}, of slope 0.4 at 0. The recipe
 * does not train these scales: the next normalization undoes them.
 *
 * @param widths channels of the three blocks
 */
record KingletCifar(String name, List<Integer> widths) implements Definition {
    private static final int PATCH = 2;
    private static final double SCALE = 2.5; // of normalization
    private static final double NORM_EPSILON = 1e-5;
    private static final double NORM_MOMENTUM = 0.4; // a run has a few hundred steps

    static List<Variant> variants() {
        String name = "kinglet_cifar";
        Published published = Published.of(
                "Kinglet's own, in the form of arXiv:2404.00498; no published figures or weights", "Apache-2.0");
        return List.of(new Variant(
                name,
                new KingletCifar(name, List.of(64, 256, 256)),
                Initialization.pytorch().passingThrough().withNormScale(SCALE),
                Preprocessing.imagenet()
                        .withInputSize(32)
                        .withCropPct(1)
                        .withNormalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.247, 0.2435, 0.2616)),
                10,
                published));
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Layer x = root.input(image);
        int filters = 2 * x.shape().channels() * PATCH * PATCH;
        x = root.biasedConv("whiten", x, filters, Window.of(PATCH).padding(0));
        x = root.activation("activation", x, Op.Activation.Function.HARD_SWISH);
        for (int i = 0; i < widths.size(); i++) {
            x = block(root.in("block" + (i + 1)), x, widths.get(i));
        }
        x = root.maxPool("pool", x, Window.of(3).stride(3).padding(0));
        x = root.globalAverage("average", x); // of one pixel, in an image of 32
        x = root.averagePool(
                "scale", x, Window.of(5)); // of one pixel and 24 zeros: 1/25, for small logits at a high learning rate
        root.linear("head", x, classes, false);
        return root.build(name);
    }

    /** Halves the image after its first convolution. */
    private static Layer block(Scope s, Layer x, int out) {
        x = s.conv("conv1", x, out, Window.of(3));
        x = s.maxPool("pool", x, Window.of(2).stride(2).padding(0));
        x = normalized(s, 1, x);
        return normalized(s, 2, s.conv("conv2", x, out, Window.of(3)));
    }

    private static Layer normalized(Scope s, int number, Layer x) {
        x = s.layer("norm" + number, new Op.BatchNorm(x.shape().channels(), NORM_EPSILON, NORM_MOMENTUM), x);
        return s.activation("activation" + number, x, Op.Activation.Function.HARD_SWISH);
    }
}
