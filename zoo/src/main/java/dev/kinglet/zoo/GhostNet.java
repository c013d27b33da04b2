package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;

/**
 * GhostNet 1.0 (Han et al., CVPR 2020, arXiv:1911.11907): half of the features are computed from the other half by
 * depthwise convolutions. Layers are named as in the authors' release.
 */
record GhostNet(String name) implements Definition {

    /** One ghost bottleneck. */
    private record Block(int kernel, int expansion, int out, boolean gate, int stride) {}

    private static final List<List<Block>> STAGES = List.of(
            List.of(new Block(3, 16, 16, false, 1)),
            List.of(new Block(3, 48, 24, false, 2)),
            List.of(new Block(3, 72, 24, false, 1)),
            List.of(new Block(5, 72, 40, true, 2)),
            List.of(new Block(5, 120, 40, true, 1)),
            List.of(new Block(3, 240, 80, false, 2)),
            List.of(
                    new Block(3, 200, 80, false, 1),
                    new Block(3, 184, 80, false, 1),
                    new Block(3, 184, 80, false, 1),
                    new Block(3, 480, 112, true, 1),
                    new Block(3, 672, 112, true, 1)),
            List.of(new Block(5, 672, 160, true, 2)),
            List.of(
                    new Block(5, 960, 160, false, 1),
                    new Block(5, 960, 160, true, 1),
                    new Block(5, 960, 160, false, 1),
                    new Block(5, 960, 160, true, 1)));
    private static final int LAST = 960;
    private static final int EMBEDDING = 1280;

    static List<Variant> variants() {
        Published published = Published.of("arXiv:1911.11907; github huawei-noah/Efficient-AI-Backbones", "Apache-2.0")
                .figures("5.2M, 142M")
                .top1(73.98)
                .timm("ghostnet_100");
        return List.of(new Variant(
                "ghostnet",
                new GhostNet("ghostnet"),
                Initialization.fanOut(0.01),
                Preprocessing.imagenet(),
                1000,
                published));
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Layer x = root.conv("conv_stem", root.input(image), 16, Window.of(3).stride(2));
        x = root.activation("act1", root.batchNorm("bn1", x), Function.RELU);
        Sequence stages = new Sequence(root.in("blocks"));
        for (List<Block> stage : STAGES) {
            Sequence blocks = new Sequence(stages.scope());
            for (Block block : stage) {
                x = bottleneck(blocks.scope(), x, block);
            }
        }
        Scope last = stages.scope().in(0);
        x = last.relu(last.batchNorm("bn1", last.conv("conv", x, LAST, Window.of(1))));
        x = root.biasedConv("conv_head", root.globalAverage("global_pool", x), EMBEDDING, Window.of(1));
        x = root.dropout("dropout", root.activation("act2", x, Function.RELU), 0.2);
        root.linear("classifier", x, classes, true);
        return root.build(name);
    }

    private static Layer bottleneck(Scope s, Layer x, Block block) {
        Layer y = ghost(s.in("ghost1"), x, block.expansion, true);
        Window strided = Window.of(block.kernel).stride(block.stride);
        if (block.stride > 1) {
            y = s.batchNorm("bn_dw", s.depthwise("conv_dw", y, strided));
        }
        if (block.gate) {
            y = squeezeAndExcite(s.in("se"), y);
        }
        y = ghost(s.in("ghost2"), y, block.out, false);
        return s.add("add", y, shortcut(s.in("shortcut"), x, block.out, strided));
    }

    /** Half of the channels from a pointwise convolution; the other half from the first by a depthwise 3x3. */
    private static Layer ghost(Scope s, Layer x, int out, boolean relu) {
        Scope primary = s.in("primary_conv");
        Layer first = primary.batchNorm("1", primary.conv("0", x, out / 2, Window.of(1)));
        first = relu ? primary.activation("2", first, Function.RELU) : first;
        Scope cheap = s.in("cheap_operation");
        Layer second = cheap.batchNorm("1", cheap.depthwise("0", first, Window.of(3)));
        second = relu ? cheap.activation("2", second, Function.RELU) : second;
        return s.concat("concat", first, second);
    }

    private static Layer squeezeAndExcite(Scope s, Layer x) {
        int channels = x.shape().channels();
        Layer gate =
                s.biasedConv("conv_reduce", s.globalAverage("avg_pool", x), divisible(channels / 4.0), Window.of(1));
        gate = s.activation("act1", gate, Function.RELU);
        gate = s.biasedConv("conv_expand", gate, channels, Window.of(1));
        return s.scale("scale", x, s.activation("gate", gate, Function.HARD_SIGMOID));
    }

    /** The nearest multiple of 4, or the next one where that is more than a tenth smaller. */
    private static int divisible(double channels) {
        int rounded = Math.max(4, (int) (channels + 2) / 4 * 4);
        return rounded < 0.9 * channels ? rounded + 4 : rounded;
    }

    private static Layer shortcut(Scope s, Layer x, int out, Window strided) {
        if (strided.stride() == 1 && x.shape().channels() == out) {
            return x;
        }
        Layer filtered = s.batchNorm("1", s.depthwise("0", x, strided));
        return s.batchNorm("3", s.conv("2", filtered, out, Window.of(1)));
    }
}
