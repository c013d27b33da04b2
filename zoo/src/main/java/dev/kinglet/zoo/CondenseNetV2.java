package dev.kinglet.zoo;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Op.LearnedGroupConv.Pruned;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * CondenseNetV2 (Yang et al., CVPR 2021, arXiv:2104.04382): a DenseNet whose layers learn which features to read, and which
 * of the old ones to write to again. Layers are named as in the authors' release.
 *
 * <p>Each network is there twice. The learned one is for training: its pointwise convolutions are dense and are pruned on
 * the way ({@link LearnedGroupConv}). The converted one has ordinary grouped convolutions in their place.
 *
 * @param layers dense layers of each stage
 * @param growth channels each dense layer of a stage adds
 * @param groups of all convolutions but the first; also their condensation
 * @param stride of the first convolution
 * @param hardSwishFrom first stage, from 0, with hard-swish instead of ReLU
 * @param gatedFrom first stage, from 0, with squeeze and excitation
 * @param hidden channels between the two linear layers of the head
 * @param converted whether it is the converted network
 */
record CondenseNetV2(
        String name,
        List<Integer> layers,
        List<Integer> growth,
        int groups,
        int stride,
        int hardSwishFrom,
        int gatedFrom,
        int hidden,
        boolean converted)
        implements Definition {

    private static final int BOTTLENECK = 4;
    private static final String LEARNED = "_learned";

    /**
     * A, B and C of the paper's table 1, and two networks of Kinglet's own for images of 32 pixels (the authors' CIFAR
     * networks were not released), of which the wide one has fewer and wider layers, so that a training step costs as much
     * and computes twice as much; each learned and converted.
     */
    static List<Variant> variants() {
        List<Variant> variants = new ArrayList<>();
        for (boolean converted : new boolean[] {true, false}) {
            CondenseNetV2 a =
                    net("condensenetv2_a", List.of(1, 1, 4, 6, 8), List.of(8, 8, 16, 32, 64), 8, 828, converted);
            CondenseNetV2 b =
                    net("condensenetv2_b", List.of(2, 4, 6, 8, 6), List.of(6, 12, 24, 48, 96), 6, 1024, converted);
            CondenseNetV2 c =
                    net("condensenetv2_c", List.of(4, 6, 8, 10, 8), List.of(8, 16, 32, 64, 128), 8, 1024, converted);
            CondenseNetV2 small = cifar("condensenetv2_cifar", List.of(4, 4, 4), List.of(8, 16, 32), converted);
            CondenseNetV2 wide = cifar("condensenetv2_cifar_wide", List.of(2, 3, 4), List.of(8, 32, 64), converted);
            Preprocessing bilinear = Preprocessing.imagenet();
            Preprocessing bicubic = bilinear.withInterpolation(Interpolation.BICUBIC);
            variants.add(variant(a, bicubic, 1000, paper().figures("2.0M, 46M").top1(64.4)));
            variants.add(variant(b, bicubic, 1000, paper().figures("3.6M, 146M").top1(71.9)));
            variants.add(
                    variant(c, bilinear, 1000, paper().figures("6.1M, 309M").top1(75.9)));
            for (CondenseNetV2 own : List.of(small, wide)) {
                variants.add(variant(
                        own,
                        bilinear.withInputSize(32).withCropPct(1),
                        10,
                        Published.of("Kinglet's own form of arXiv:2104.04382 for images of 32 pixels", "Apache-2.0")));
            }
        }
        return List.copyOf(variants);
    }

    private static String variantName(String name, boolean converted) {
        return converted ? name : name + LEARNED;
    }

    /** A network of the paper. */
    private static CondenseNetV2 net(
            String name, List<Integer> layers, List<Integer> growth, int groups, int hidden, boolean converted) {
        return new CondenseNetV2(variantName(name, converted), layers, growth, groups, 2, 2, 3, hidden, converted);
    }

    /** A network for images of 32 pixels. */
    private static CondenseNetV2 cifar(String name, List<Integer> layers, List<Integer> growth, boolean converted) {
        return new CondenseNetV2(variantName(name, converted), layers, growth, 4, 1, 1, 2, 256, converted);
    }

    private static Published paper() {
        return Published.of("arXiv:2104.04382; github jianghaojun/CondenseNetV2", "MIT");
    }

    private static Variant variant(CondenseNetV2 net, Preprocessing preprocessing, int classes, Published published) {
        return new Variant(net.name, net, Initialization.fanOut(0.01), preprocessing, classes, published);
    }

    @Override
    public Network network(Shape image, int classes) {
        Scope root = Scope.root();
        Scope features = root.in("features");
        Layer x = features.conv(
                "init_conv", root.input(image), 2 * growth.get(0), Window.of(3).stride(stride));
        for (int stage = 0; stage < layers.size(); stage++) {
            Scope block = features.in("denseblock_" + (stage + 1));
            for (int i = 1; i <= layers.get(stage); i++) {
                x = denseLayer(block.in("denselayer_" + i), x, stage);
            }
            if (stage < layers.size() - 1) {
                Scope transition = features.in("transition_" + (stage + 1));
                x = transition.averagePool("pool", x, Window.of(2).stride(2).padding(0));
            }
        }
        x = features.activation("relu_last", features.batchNorm("norm_last", x), Function.RELU);
        x = lastPool(features, x);
        x = squeezeAndExcite(features.in("se_last"), x, 16);
        x = root.activation("fc_act", root.linear("fc", x, hidden, true), Function.HARD_SWISH);
        root.linear("classifier", x, classes, true);
        return root.build(name);
    }

    /**
     * The mean of the first 7x7 pixels, of a map of 8x8 pixels too, as in the authors' code; of other maps, which their code
     * refuses, the mean of all pixels.
     */
    private static Layer lastPool(Scope s, Layer x) {
        int side = Math.min(x.shape().height(), x.shape().width());
        int longest = Math.max(x.shape().height(), x.shape().width());
        return side >= 7 && longest < 14
                ? s.averagePool("pool_last", x, Window.of(7).stride(7).padding(0))
                : s.globalAverage("pool_last", x);
    }

    /** New features from a learned choice of the old ones, and their reactivation: they are added to a choice of old ones. */
    private Layer denseLayer(Scope s, Layer x, int stage) {
        s.constructs("conv_1", "conv_2", "sfr", "se");
        Function function = stage < hardSwishFrom ? Function.RELU : Function.HARD_SWISH;
        Layer bottleneck = learnedGroups(s.in("conv_1"), s, x, BOTTLENECK * growth.get(stage), function);
        Scope conv = s.in("conv_2");
        Layer added = conv.activation("activation", conv.batchNorm("norm", bottleneck), function);
        added = conv.conv("conv", added, growth.get(stage), Window.of(3), groups);
        if (stage >= gatedFrom) {
            added = squeezeAndExcite(s.in("se"), added, 1);
        }
        Layer reactivated = reactivation(s.in("sfr"), s, added, x.shape().channels(), function);
        return s.concat("concat", s.add("add", x, reactivated), added);
    }

    private Layer learnedGroups(Scope s, Scope parent, Layer x, int out, Function function) {
        int in = x.shape().channels();
        if (!converted) {
            Layer active = s.activation("activation", s.batchNorm("norm", x), function);
            return parent.layer("conv_1", new LearnedGroupConv(in, out, groups, groups, Pruned.INPUTS), active);
        }
        Layer gathered = parent.layer("conv_1", new Op.ChannelGather(in, in), x);
        Layer active = s.activation("activation", s.batchNorm("norm", gathered), function);
        return s.shuffle("shuffle", s.conv("conv", active, out, Window.of(1), groups), groups);
    }

    private Layer reactivation(Scope s, Scope parent, Layer x, int out, Function function) {
        int in = x.shape().channels();
        Layer active = s.activation("activation", s.batchNorm("norm", x), function);
        if (!converted) {
            return parent.layer("sfr", new LearnedGroupConv(in, out, groups, groups, Pruned.OUTPUTS), active);
        }
        Layer y = s.conv("conv", s.shuffle("shuffle", active, in / groups), out, Window.of(1), groups);
        return parent.layer("sfr", new Op.ChannelMatrix(out, out), y);
    }

    private static Layer squeezeAndExcite(Scope s, Layer x, int reduction) {
        int channels = x.shape().channels();
        Scope fc = s.in("fc");
        Layer gate = fc.linear("0", s.globalAverage("pool", x), channels / reduction, false);
        gate = fc.linear("2", fc.activation("1", gate, Function.RELU), channels, false);
        return s.scale("scale", x, fc.activation("3", gate, Function.SIGMOID));
    }
}
