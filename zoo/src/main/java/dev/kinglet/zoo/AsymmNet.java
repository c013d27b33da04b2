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
import java.util.Collections;
import java.util.List;

/**
 * AsymmNet (Yang et al., CVPR Workshops 2021, arXiv:2104.07770): MobileNetV3 whose expansion passes part of its input on
 * unchanged, and spends the multiply-accumulates saved on a wider depthwise convolution. Layers are named as in the authors' PyTorch code.
 *
 * @param width multiplier of all channels but the head's
 * @param asymmetry number of copies of a block's input on each side of its expansion; {@code r} in the paper
 * @param head channels of the last convolution, before multiplication
 */
record AsymmNet(String name, double width, int asymmetry, List<Block> blocks, int head) implements Definition {

    /** One asymmetrical bottleneck. */
    record Block(int kernel, int expansion, int out, boolean gate, Function function, int stride) {}

    private static final boolean SE = true;
    private static final boolean NO_SE = false;

    private static final List<Block> LARGE = List.of(
            new Block(3, 16, 16, NO_SE, Function.RELU, 1),
            new Block(3, 64, 24, NO_SE, Function.RELU, 2),
            new Block(3, 72, 24, NO_SE, Function.RELU, 1),
            new Block(5, 72, 40, SE, Function.RELU, 2),
            new Block(5, 120, 40, SE, Function.RELU, 1),
            new Block(5, 120, 40, SE, Function.RELU, 1),
            new Block(3, 240, 80, NO_SE, Function.HARD_SWISH, 2),
            new Block(3, 200, 80, NO_SE, Function.HARD_SWISH, 1),
            new Block(3, 184, 80, NO_SE, Function.HARD_SWISH, 1),
            new Block(3, 184, 80, NO_SE, Function.HARD_SWISH, 1),
            new Block(3, 480, 112, SE, Function.HARD_SWISH, 1),
            new Block(3, 672, 112, SE, Function.HARD_SWISH, 1),
            new Block(5, 672, 160, SE, Function.HARD_SWISH, 2),
            new Block(5, 960, 160, SE, Function.HARD_SWISH, 1),
            new Block(5, 960, 160, SE, Function.HARD_SWISH, 1));
    private static final List<Block> SMALL = List.of(
            new Block(3, 16, 16, SE, Function.RELU, 2),
            new Block(3, 72, 24, NO_SE, Function.RELU, 2),
            new Block(3, 88, 24, NO_SE, Function.RELU, 1),
            new Block(5, 96, 40, SE, Function.HARD_SWISH, 2),
            new Block(5, 240, 40, SE, Function.HARD_SWISH, 1),
            new Block(5, 240, 40, SE, Function.HARD_SWISH, 1),
            new Block(5, 120, 48, SE, Function.HARD_SWISH, 1),
            new Block(5, 144, 48, SE, Function.HARD_SWISH, 1),
            new Block(5, 288, 96, SE, Function.HARD_SWISH, 2),
            new Block(5, 576, 96, SE, Function.HARD_SWISH, 1),
            new Block(5, 576, 96, SE, Function.HARD_SWISH, 1));
    private static final double[] WIDTHS = {1, 0.75, 0.5, 0.35};
    private static final int EMBEDDING = 1280;

    /** Large and Small at four widths, and the ablation of the asymmetry rate at full width. */
    static List<Variant> variants() {
        List<Variant> variants = new ArrayList<>();
        for (boolean large : new boolean[] {true, false}) {
            for (double width : WIDTHS) {
                variants.add(variant(large, width, 1));
            }
            variants.add(variant(large, 1, 0));
            variants.add(variant(large, 1, 2));
        }
        return Collections.unmodifiableList(variants);
    }

    private static Variant variant(boolean large, double width, int asymmetry) {
        String name = "asymmnet_" + (large ? "large" : "small") + (width == 1 ? "" : "_x" + width)
                + (asymmetry == 1 ? "" : "_r" + asymmetry);
        AsymmNet net = new AsymmNet(name, width, asymmetry, large ? LARGE : SMALL, large ? 960 : 576);
        Published published = Published.of("arXiv:2104.07770; github Spark001/AsymmNet", "Apache-2.0");
        published = switch (name) {
            // The authors' parameter counter, not their network, is off: it counts a kernel as that of one channel.
            case "asymmnet_large" -> published.figures("5.99M, 217M").top1(75.4);
            case "asymmnet_large_x0.5" -> published.figures("2.8M, 67.2M").top1(69.2);
            case "asymmnet_small" -> published.figures("3.1M, 57.7M").top1(68.4);
            default -> published;
        };
        Preprocessing preprocessing = Preprocessing.imagenet()
                .withNormalization(
                        List.of(123.68 / 255, 116.779 / 255, 103.939 / 255),
                        List.of(58.393 / 255, 57.12 / 255, 57.375 / 255));
        return new Variant(name, net, Initialization.prelu(), preprocessing, 1000, published);
    }

    /** The next multiple of 8: unlike MobileNet's, this rounding never goes down. */
    private static int divisible(double channels) {
        return (int) Math.ceil(channels / 8) * 8;
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Scope first = root.in("first_block");
        Layer x = first.conv(
                "0", root.input(image), divisible(16 * width), Window.of(3).stride(2));
        x = first.activation("2", first.batchNorm("1", x), Function.HARD_SWISH);
        for (int i = 0; i < blocks.size(); i++) {
            x = block(root.in("asymm_block").in(i), x, blocks.get(i));
        }
        Scope last = root.in("last_block");
        x = last.batchNorm("1", last.conv("0", x, divisible(head * width), Window.of(1)));
        x = last.globalAverage("3", last.activation("2", x, Function.HARD_SWISH));
        x = last.activation("5", last.conv("4", x, EMBEDDING, Window.of(1)), Function.HARD_SWISH);
        root.linear("output", root.dropout("dropout", x, 0.2), classes, true);
        return root.build(name);
    }

    private Layer block(Scope s, Layer x, Block block) {
        int in = x.shape().channels();
        int out = divisible(block.out * width);
        int middle = divisible(block.expansion * width);
        Layer wide = x;
        if (middle > Math.max(in, asymmetry * in)) {
            Layer expanded = convBn(s.in("expand"), x, middle - asymmetry * in, Window.of(1), 1);
            expanded = s.in("expand").activation("act", expanded, block.function);
            List<Layer> parts = new ArrayList<>(Collections.nCopies(asymmetry, x));
            parts.add(expanded);
            parts.addAll(Collections.nCopies(asymmetry, x));
            wide = s.concat("concat", parts.toArray(Layer[]::new));
        }
        Window window = Window.of(block.kernel).stride(block.stride);
        int channels = wide.shape().channels();
        Layer filtered = convBn(s.in("dw_conv"), wide, channels, window, channels);
        filtered = s.in("dw_conv").activation("act", filtered, block.function);
        if (block.gate) {
            int quarter = channels / 4;
            filtered = squeezeAndExcite(s.in("se"), filtered, divisible(quarter));
        }
        Layer y = convBn(s.in("pw_conv_linear"), filtered, out, Window.of(1), 1);
        return in == out && block.stride == 1 ? s.add("add", x, y) : y;
    }

    private static Layer squeezeAndExcite(Scope s, Layer x, int squeezed) {
        Scope out = s.in("out");
        Layer gate = out.biasedConv("0", s.globalAverage("pool", x), squeezed, Window.of(1));
        gate = out.activation("1", gate, Function.RELU);
        gate = out.biasedConv("2", gate, x.shape().channels(), Window.of(1));
        return s.scale("scale", x, out.activation("3", gate, Function.HARD_SIGMOID));
    }

    private static Layer convBn(Scope s, Layer x, int out, Window window, int groups) {
        return s.batchNorm("bn", s.conv("conv", x, out, window, groups));
    }
}
