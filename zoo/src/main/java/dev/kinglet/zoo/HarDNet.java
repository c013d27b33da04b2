package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * HarDNet (Chao et al., ICCV 2019, arXiv:1909.00948): a DenseNet with connections to the harmonics of a layer's index only,
 * which reduces memory traffic. Layers are named as in the authors' release.
 *
 * @param stem channels of the two stem convolutions
 * @param multiplier factor of a layer's width for each power of two that divides its index; {@code m} in the paper
 * @param depthwise whether it is a "DS" network: a pointwise and a depthwise convolution in place of each 3x3
 */
record HarDNet(
        String name, List<Integer> stem, double multiplier, List<Stage> stages, boolean depthwise, double dropout)
        implements Definition {

    /** {@code layers} harmonic layers that grow by {@code growth}, then a pointwise convolution to {@code width}. */
    record Stage(int layers, int growth, int width, boolean downsample, boolean dropout) {
        Stage(int layers, int growth, int width, boolean downsample) {
            this(layers, growth, width, downsample, false);
        }
    }

    private static final List<Stage> STAGES_39 = List.of(
            new Stage(4, 16, 96, true),
            new Stage(16, 20, 320, true),
            new Stage(8, 64, 640, true),
            new Stage(4, 160, 1024, false));
    private static final List<Stage> STAGES_68 = List.of(
            new Stage(8, 14, 128, true),
            new Stage(16, 16, 256, false),
            new Stage(16, 20, 320, true),
            new Stage(16, 40, 640, true),
            new Stage(4, 160, 1024, false));
    private static final List<Stage> STAGES_85 = List.of(
            new Stage(8, 24, 192, true),
            new Stage(16, 24, 256, false),
            new Stage(16, 28, 320, true),
            new Stage(16, 36, 480, false),
            new Stage(16, 48, 720, true),
            new Stage(4, 256, 1280, false, true));

    /** Table 2 of the paper, with the figures of the authors' release. */
    static List<Variant> variants() {
        List<Integer> narrow = List.of(24, 48);
        List<Integer> wide = List.of(32, 64);
        return List.of(
                variant(new HarDNet("hardnet39ds", narrow, 1.6, STAGES_39, true, 0.05), "3.5M, 0.44G", 72.1),
                variant(new HarDNet("hardnet68ds", wide, 1.7, STAGES_68, true, 0.05), "4.2M, 0.8G", 74.3),
                variant(new HarDNet("hardnet68", wide, 1.7, STAGES_68, false, 0.1), "17.6M, 4.3G", 76.5),
                variant(new HarDNet("hardnet85", List.of(48, 96), 1.7, STAGES_85, false, 0.2), "36.7M, 9.1G", 78.0));
    }

    private static Variant variant(HarDNet net, String figures, double top1) {
        Published published = Published.of("arXiv:1909.00948; github PingoLH/Pytorch-HarDNet", "MIT")
                .figures(figures)
                .top1(top1);
        return new Variant(net.name, net, Initialization.glorot(), Preprocessing.imagenet(), 1000, published);
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Sequence base = new Sequence(root.in("base"));
        Layer x = convBnRelu(
                base.scope(), root.input(image), stem.get(0), Window.of(3).stride(2));
        x = convBnRelu(base.scope(), x, stem.get(1), Window.of(depthwise ? 1 : 3));
        x = downsample(base.scope(), x, Window.of(3).stride(2));
        for (Stage stage : stages) {
            x = block(base.scope(), x, stage);
            if (stage.dropout) {
                x = base.scope().dropout("drop", x, 0.1);
            }
            x = convBnRelu(base.scope(), x, stage.width, Window.of(1));
            if (stage.downsample) {
                x = downsample(base.scope(), x, Window.of(2).stride(2).padding(0));
            }
        }
        Scope head = base.scope();
        x = head.dropout("2", head.globalAverage("0", x), dropout);
        head.linear("3", x, classes, true);
        return root.build(name);
    }

    /**
     * A harmonic dense block: layer {@code l} reads the layers {@code l - 2^i} for each power of two that divides {@code l}.
     * The block's output is its layers of odd index and the last one.
     */
    private Layer block(Scope s, Layer input, Stage stage) {
        List<Layer> outputs = new ArrayList<>(List.of(input));
        for (int l = 1; l <= stage.layers; l++) {
            List<Layer> links = new ArrayList<>();
            double width = stage.growth;
            for (int power = 1; power <= l && l % power == 0; power *= 2) {
                links.add(outputs.get(l - power));
                width *= power == 1 ? 1 : multiplier;
            }
            Scope layer = s.in("layers").in(l - 1);
            Layer x = layer.concat("concat", links.toArray(Layer[]::new));
            outputs.add(harmonicLayer(layer, x, (int) (width + 1) / 2 * 2)); // an even width
        }
        List<Layer> kept = new ArrayList<>();
        for (int l = 1; l <= stage.layers; l++) {
            if (l % 2 == 1 || l == stage.layers) {
                kept.add(outputs.get(l));
            }
        }
        return s.concat("concat", kept.toArray(Layer[]::new));
    }

    private Layer harmonicLayer(Scope s, Layer x, int width) {
        if (!depthwise) {
            return convBnRelu(s, x, width, Window.of(3));
        }
        Layer mixed = convBnRelu(s.in("layer1"), x, width, Window.of(1));
        return depthwiseBn(s.in("layer2"), mixed, Window.of(3));
    }

    private Layer downsample(Scope s, Layer x, Window pool) {
        return depthwise ? depthwiseBn(s, x, Window.of(3).stride(2)) : s.maxPool("pool", x, pool);
    }

    private static Layer convBnRelu(Scope s, Layer x, int width, Window window) {
        return s.activation("relu", s.batchNorm("norm", s.conv("conv", x, width, window)), Function.RELU6);
    }

    private static Layer depthwiseBn(Scope s, Layer x, Window window) {
        return s.batchNorm("norm", s.depthwise("dwconv", x, window));
    }
}
