package dev.kinglet.network;

import dev.kinglet.network.rewrite.ConvPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What running a layer comes to, as far as the time it takes depends on it. HarDNet's view (Chao et al., 2019): memory
 * traffic counts beside arithmetic.
 *
 * @param effectiveMacs multiply-accumulates of one image, as many as could be done in their time if every convolution
 *     had many output channels: these are filled up to whole vectors, and few vectors take longer than their share
 * @param bytes read and written for one image, weights included
 * @param farBytes of these, the ones of activations too large for a core's cache
 */
public record LayerWork(Layer layer, Kind kind, long effectiveMacs, long bytes, long farBytes) {
    private static final long CACHED =
            1 << 20; // bytes of an activation that the next layer still finds in a core's cache

    private static final int AT_ONCE = 4; // vectors
    private static final int UNDER_WAY = 8; // sums: an addition takes four cycles, and two begin in each

    /** Layers that a runtime does in a similar way, so that their rates are similar. */
    public enum Kind {
        /** A convolution of the image itself, of too few channels for vectors. */
        STEM,
        /** Larger than 1x1, over all channels. */
        DENSE,
        /** 1x1 over all channels. */
        POINTWISE,
        /** Each channel by itself. */
        DEPTHWISE,
        /** In groups of whole vectors. */
        GROUPED,
        /** In groups that fill no vector. */
        NARROW_GROUPED,
        LINEAR,
        POOL,
        /** A concatenation of whole vectors. */
        CONCAT,
        /** A concatenation that takes vectors apart. */
        UNEVEN_CONCAT,
        /** Sums, curves and norms that no convolution does along with its own work. */
        ELEMENTWISE,
        /** Each channel times its own factor, as gates do it. */
        SCALE,
        /** Channels that change places. */
        REARRANGEMENT,
        /** No work of its own: the image, a dropout, a function or a sum that a convolution does in passing. */
        FREE
    }

    /**
     * Of every layer that takes time, in order.
     *
     * @param lanes channels that the runtime keeps together, in a vector
     */
    public static List<LayerWork> of(Network network, int lanes) {
        int[] readers = network.readers();
        List<LayerWork> work = new ArrayList<>();
        for (Layer layer : network.layers()) {
            Kind kind = fused(layer, readers) ? Kind.FREE : layer.op().accept(new KindOf(layer, lanes));
            if (kind != Kind.FREE) {
                work.add(new LayerWork(layer, kind, effectiveMacs(layer, lanes), bytes(layer), farBytes(layer)));
            }
        }
        return work;
    }

    /** Whether the convolution before does it to each value it has just made; ONNX Runtime does. */
    private static boolean fused(Layer layer, int[] readers) {
        boolean sum = layer.op() instanceof Op.Add;
        boolean function = layer.op() instanceof Op.Activation activation
                && activation.function() != Op.Activation.Function.HARD_SWISH;
        return (sum || function)
                && layer.inputs().stream()
                        .anyMatch(input -> readers[input.id()] == 1
                                && (input.op() instanceof Op.Conv
                                        || (function && input.op() instanceof Op.Add && fused(input, readers))));
    }

    private static long effectiveMacs(Layer layer, int lanes) {
        long macs = Costs.of(layer).macs();
        if (!(layer.op() instanceof Op.Conv conv) || isDepthwise(conv)) {
            return macs;
        }
        int channels = conv.out() / conv.groups();
        if (conv.isGrouped() && channels % lanes != 0) {
            return macs; // done without such vectors
        }
        return Math.round((double) macs / channels * lanes * vectors(channels, lanes));
    }

    /**
     * How many vectors of output channels could be made in the time of these, if there were many. ONNX Runtime makes up to
     * four at once, for six pixels of AVX-512 or three of AVX2, and a core needs eight sums under way to add without pause.
     */
    private static double vectors(int channels, int lanes) {
        int vectors = (channels + lanes - 1) / lanes;
        int last = vectors % AT_ONCE;
        int pixels = lanes == ConvPlan.MAX_CHANNEL_BLOCK ? 6 : 3;
        return vectors - last + (last == 0 ? 0 : Math.max(last, (double) UNDER_WAY / pixels));
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

    private static long farBytes(Layer layer) {
        return Stream.concat(layer.inputShapes().stream(), Stream.of(layer.shape()))
                .mapToLong(shape -> Float.BYTES * shape.elements())
                .filter(bytes -> bytes > CACHED)
                .sum();
    }

    /** The kind of a layer's op. */
    private record KindOf(Layer layer, int lanes) implements Op.Visitor<Kind> {
        private boolean whole(int channels) {
            return channels % lanes == 0;
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
            return whole(op.in() / op.groups()) && whole(op.out() / op.groups()) ? Kind.GROUPED : Kind.NARROW_GROUPED;
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
            return layer.inputShapes().stream().allMatch(input -> whole(input.channels()))
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
