package dev.kinglet.measure;

import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Shape;
import dev.kinglet.network.rewrite.ConvPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The work of one layer as far as its latency depends on it: arithmetic and memory traffic. That traffic counts beside
 * arithmetic is HarDNet's point (Chao et al., 2019).
 *
 * @param effectiveMacs multiply-accumulates for one image, scaled up by what the layer's output channels leave unused of
 *     the SIMD units
 * @param bytes read and written for one image, weights included
 * @param dramBytes of these, the ones of activations too large for a core's cache
 */
record LayerWork(Layer layer, Kind kind, long effectiveMacs, long bytes, long dramBytes) {
    /*
     * How ONNX Runtime computes a convolution on a CPU, and what follows for its cost.
     *
     * Activations are in the blocked NCHWc layout: channels in blocks of the SIMD width, 8 for AVX2 and 16 for AVX-512.
     * A kernel computes up to four blocks of output channels for several pixels at once, six with AVX-512 and three with
     * AVX2, and keeps one SIMD accumulator for each block and pixel.
     *
     *   - Output channels are computed in whole blocks, so 20 channels cost what 24 (AVX2) or 32 (AVX-512) do.
     *   - A fused multiply-add has a latency of four cycles and two start in each cycle, so a core needs eight
     *     accumulators in flight. A single block of output channels with AVX2 has three; it takes as long as 8/3 blocks
     *     would among others.
     *   - Groups narrower than a block, and channels that do not fill one, are computed without the blocked layout; their
     *     MACs count as they are, and their kind has rates of its own.
     *   - Activations and additions that follow a convolution are fused into it and cost nothing, hard-swish excepted.
     *     A concatenation of whole blocks is a copy; another one has to be reordered to the plain layout and back.
     *
     * Multiply-accumulates scaled in this way ("effective") and bytes are what the time is linear in; LatencyModel finds
     * the factors for each kind of layer.
     */
    private static final long CACHED_BYTES =
            1 << 20; // of an activation that the next layer still finds in a core's cache
    private static final int BLOCKS_AT_ONCE = 4; // of output channels
    private static final int ACCUMULATORS_IN_FLIGHT = 8; // latency of four cycles, two started in each

    /** Layers that the runtime computes in a similar way, at similar rates. */
    enum Kind {
        /** A convolution of the image itself, which has too few channels for a block. */
        STEM,
        /** Larger than 1x1, over all channels. */
        DENSE,
        /** 1x1 over all channels. */
        POINTWISE,
        /** Each channel by itself. */
        DEPTHWISE,
        /** Groups of whole channel blocks. */
        GROUPED,
        /** Groups narrower than a channel block, or not a multiple of it. */
        NARROW_GROUPED,
        LINEAR,
        POOL,
        /** A concatenation of whole channel blocks. */
        CONCAT,
        /** A concatenation that reorders channel blocks. */
        UNEVEN_CONCAT,
        /** Additions, activations and normalizations that are not fused into a convolution. */
        ELEMENTWISE,
        /** Each channel times its own factor, as in squeeze-and-excitation gates. */
        SCALE,
        /** Channels that change places. */
        REARRANGEMENT,
        /** No work of its own: the input, a dropout, an activation or addition fused into a convolution. */
        FREE
    }

    /**
     * The work of every layer that takes time, in order.
     *
     * @param channelBlock channel block size of the runtime's layout
     */
    static List<LayerWork> of(Network network, int channelBlock) {
        int[] readers = network.readers();
        List<LayerWork> work = new ArrayList<>();
        for (Layer layer : network.layers()) {
            Kind kind = fused(layer, readers) ? Kind.FREE : layer.op().accept(new KindOf(layer, channelBlock));
            if (kind != Kind.FREE) {
                work.add(
                        new LayerWork(layer, kind, effectiveMacs(layer, channelBlock), bytes(layer), dramBytes(layer)));
            }
        }
        return work;
    }

    /** Whether ONNX Runtime fuses an addition or activation into the convolution before it. */
    private static boolean fused(Layer layer, int[] readers) {
        boolean addition = layer.op() instanceof Op.Add;
        boolean activation =
                layer.op() instanceof Op.Activation op && op.function() != Op.Activation.Function.HARD_SWISH;
        return (addition || activation)
                && layer.inputs().stream()
                        .anyMatch(input -> readers[input.id()] == 1
                                && (input.op() instanceof Op.Conv
                                        || (activation && input.op() instanceof Op.Add && fused(input, readers))));
    }

    private static long effectiveMacs(Layer layer, int channelBlock) {
        long macs = Costs.of(layer).macs();
        if (!(layer.op() instanceof Op.Conv conv) || isDepthwise(conv)) {
            return macs;
        }
        int channels = conv.out() / conv.groups();
        if (conv.isGrouped() && channels % channelBlock != 0) {
            return macs; // computed without the blocked layout
        }
        return Math.round((double) macs / channels * channelBlock * effectiveBlocks(channels, channelBlock));
    }

    /** Blocks that many output channels would have if full kernel calls took the time that these take. */
    private static double effectiveBlocks(int channels, int channelBlock) {
        int blocks = (channels + channelBlock - 1) / channelBlock;
        int last = blocks % BLOCKS_AT_ONCE;
        int pixels = channelBlock == ConvPlan.MAX_CHANNEL_BLOCK ? 6 : 3;
        return blocks - last + (last == 0 ? 0 : Math.max(last, (double) ACCUMULATORS_IN_FLIGHT / pixels));
    }

    private static boolean isDepthwise(Op.Conv conv) {
        return conv.groups() == conv.in() && conv.in() == conv.out();
    }

    private static long bytes(Layer layer) {
        long elements = layer.shape().elements();
        for (Shape input : layer.inputShapes()) {
            elements += input.elements();
        }
        for (Parameter parameter : layer.op().parameters()) {
            elements += parameter.elements();
        }
        return Float.BYTES * elements;
    }

    private static long dramBytes(Layer layer) {
        return Stream.concat(layer.inputShapes().stream(), Stream.of(layer.shape()))
                .mapToLong(shape -> Float.BYTES * shape.elements())
                .filter(bytes -> bytes > CACHED_BYTES)
                .sum();
    }

    /** The kind of a layer's op. */
    private record KindOf(Layer layer, int channelBlock) implements Op.Visitor<Kind> {
        private boolean isWhole(int channels) {
            return channels % channelBlock == 0;
        }

        @Override
        public Kind input(Op.Input op) {
            return Kind.FREE;
        }

        @Override
        public Kind conv(Op.Conv op) {
            if (op.groups() == 1) {
                return op.in() < 8 ? Kind.STEM : op.window().kernel() == 1 ? Kind.POINTWISE : Kind.DENSE;
            }
            if (isDepthwise(op)) {
                return Kind.DEPTHWISE;
            }
            return isWhole(op.in() / op.groups()) && isWhole(op.out() / op.groups())
                    ? Kind.GROUPED
                    : Kind.NARROW_GROUPED;
        }

        @Override
        public Kind learnedGroupConv(Op.LearnedGroupConv op) {
            return Kind.POINTWISE;
        }

        @Override
        public Kind batchNorm(Op.BatchNorm op) {
            return Kind.ELEMENTWISE;
        }

        @Override
        public Kind activation(Op.Activation op) {
            return Kind.ELEMENTWISE;
        }

        @Override
        public Kind pool(Op.Pool op) {
            return Kind.POOL;
        }

        @Override
        public Kind concat(Op.Concat op) {
            return layer.inputShapes().stream().allMatch(input -> isWhole(input.channels()))
                    ? Kind.CONCAT
                    : Kind.UNEVEN_CONCAT;
        }

        @Override
        public Kind add(Op.Add op) {
            return Kind.ELEMENTWISE;
        }

        @Override
        public Kind scale(Op.Scale op) {
            return Kind.SCALE;
        }

        @Override
        public Kind channelGather(Op.ChannelGather op) {
            return Kind.REARRANGEMENT;
        }

        @Override
        public Kind shuffle(Op.Shuffle op) {
            return Kind.REARRANGEMENT;
        }

        @Override
        public Kind channelMatrix(Op.ChannelMatrix op) {
            return Kind.REARRANGEMENT;
        }

        @Override
        public Kind padChannels(Op.PadChannels op) {
            return Kind.REARRANGEMENT;
        }

        @Override
        public Kind globalAverage(Op.GlobalAverage op) {
            return Kind.POOL;
        }

        @Override
        public Kind adaptiveAverage(Op.AdaptiveAverage op) {
            return Kind.POOL;
        }

        @Override
        public Kind dropout(Op.Dropout op) {
            return Kind.FREE;
        }

        @Override
        public Kind linear(Op.Linear op) {
            return Kind.LINEAR;
        }
    }
}
