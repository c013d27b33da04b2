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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * SPGNet (Lai et al., IEEE Transactions on Multimedia 2021, "SPGNet: Serial and Parallel Group Network"): "S2Pn" blocks
 * of two serial 3x3 convolutions in n parallel groups. Layers are named as in the authors' release.
 *
 * @param groups parallel groups of each 3x3 convolution; every width is a multiple of it
 * @param stemStride stride of both stem convolutions: 2 for ImageNet; 1 for images of 32 pixels, as is usual for
 *     CIFAR (the authors released no CIFAR network)
 */
record SpgNet(String name, int groups, int stemStride) implements Definition {
    private static final int[] BLOCKS = {4, 8, 3};
    private static final int HEAD = 1024;

    /** S2P6 to S2P9, each with the ImageNet stem and the one for 32 pixels. No open source states an accuracy. */
    static List<Variant> variants() {
        // The authors' ImageNet code does not normalize values of 0 to 1.
        Preprocessing unscaled =
                Preprocessing.imagenet().withNormalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
        Preprocessing small = Preprocessing.imagenet().withInputSize(32).withCropPct(1);
        return IntStream.rangeClosed(6, 9)
                .mapToObj(n -> "spgnet_s2p" + n)
                .flatMap(name -> {
                    int n = name.charAt(name.length() - 1) - '0';
                    return Stream.of(
                            variant(new SpgNet(name, n, 2), unscaled, 1000),
                            variant(new SpgNet(name + "_cifar", n, 1), small, 10));
                })
                .toList();
    }

    private static Variant variant(SpgNet net, Preprocessing preprocessing, int classes) {
        Published published = Published.of(
                "IEEE Transactions on Multimedia, 2021; github xiaolai-sqlai/SPGNet_TMM2021", "none stated");
        return new Variant(
                net.name,
                net,
                new Initialization(SpgNet::convStd, layer -> 0.01, 1e-4),
                preprocessing,
                classes,
                published);
    }

    private static double convStd(Layer layer) {
        Op.Conv conv = (Op.Conv) layer.op();
        return layer.name().startsWith("first") ? 0.01 : (double) conv.groups() / conv.in();
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Scope stem = root.in("first_conv");
        Layer x = convBnRelu(
                stem.in(0), root.input(image), 2 * groups, Window.of(3).stride(stemStride));
        x = convBnRelu(stem.in(1), x, 4 * groups, Window.of(3).stride(stemStride));
        int index = 0;
        int width = 16 * groups;
        for (int blocks : BLOCKS) {
            for (int block = 0; block < blocks; block++) {
                x = block(root.in("layers").in(index++), x, width, block == 0 ? 2 : 1);
            }
            width *= 2;
        }
        x = convBnRelu(root.in("conv_last"), x, HEAD, Window.of(1));
        x = root.globalAverage("gap", x);
        x = root.relu(root.batchNorm("bn", root.linear("fc", x, HEAD, false)));
        root.linear("linear", root.dropout("dropout", x, 0.2), classes, false);
        return root.build(name);
    }

    /** Half the width through each of two 3x3 convolutions in a row; both results side by side, mixed, plus a shortcut. */
    private Layer block(Scope s, Layer x, int out, int stride) {
        Window strided = Window.of(3).stride(stride);
        Layer squeezed = convBnRelu(s.in("conv_in"), x, out / 2, Window.of(1));
        Layer first = groupConvBnRelu(s.in("conv1"), squeezed, strided);
        Layer second = groupConvBnRelu(s.in("conv2"), first, Window.of(3));
        Layer mixed = convBn(s.in("conv_out"), s.concat("concat", first, second), out, Window.of(1), 1);
        return s.relu(s.add("add", mixed, shortcut(s.in("skip"), x, out, strided)));
    }

    private static Layer shortcut(Scope s, Layer x, int out, Window strided) {
        if (strided.stride() == 1 && x.shape().channels() == out) {
            return x;
        }
        Layer halved = s.batchNorm("1", s.depthwise("0", x, strided));
        return s.batchNorm("3", s.conv("2", halved, out, Window.of(1)));
    }

    private static Layer convBn(Scope s, Layer x, int out, Window window, int groups) {
        return s.batchNorm("bn", s.conv("conv", x, out, window, groups));
    }

    private static Layer convBnRelu(Scope s, Layer x, int out, Window window) {
        return s.relu(convBn(s, x, out, window, 1));
    }

    private Layer groupConvBnRelu(Scope s, Layer x, Window window) {
        return s.relu(convBn(s, x, x.shape().channels(), window, groups));
    }
}
