package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where channels of zeros can be added to the convolutions of a network, and where they flow to. Not thread-safe. */
final class ChannelFlow {
    private final int channelBlock;
    private final Map<Layer, List<Layer>> readers = new HashMap<>();
    private final Map<Layer, Layer> leaders = new HashMap<>(); // by the convolution that follows
    private final Map<Layer, Layer> followed =
            new HashMap<>(); // by sum or scaling: the input that the other one follows
    private final Map<Layer, Boolean> tolerated = new HashMap<>();
    private final Map<Layer, Boolean> useful = new HashMap<>();

    /** @param channelBlock channels per block of the runtime's layout */
    ChannelFlow(Network network, int channelBlock) {
        this.channelBlock = channelBlock;
        for (Layer layer : network.layers()) {
            layer.inputs()
                    .forEach(input -> readers.computeIfAbsent(input, any -> new ArrayList<>())
                            .add(layer));
        }
        network.layers().forEach(this::join);
    }

    /** What becomes of an added channel, one of zeros, in an op that reads it. */
    private enum Passage {
        /** It is a channel of zeros of the output too. */
        KEPT,
        /** It is, if the op's other input has an added channel at the same place. */
        JOINED,
        /** It ends: the op can read it with a weight of zero, or leave it out. */
        ENDED,
        /** The op needs the channels of the source. */
        REFUSED
    }

    /** @param input of the op */
    private record PassageOf(Shape input) implements Op.Visitor<Passage> {
        @Override
        public Passage input(Op.Input op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage conv(Op.Conv op) {
            return op.isDense() ? Passage.ENDED : op.isDepthwise() ? Passage.KEPT : Passage.REFUSED;
        }

        @Override
        public Passage learnedGroupConv(Op.LearnedGroupConv op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage batchNorm(Op.BatchNorm op) {
            return Passage.KEPT;
        }

        @Override
        public Passage activation(Op.Activation op) {
            return keepsZero(op.function()) ? Passage.KEPT : Passage.REFUSED;
        }

        private static boolean keepsZero(Function function) {
            return switch (function) {
                case RELU, RELU6, HARD_SWISH -> true;
                case SIGMOID, HARD_SIGMOID -> false;
            };
        }

        @Override
        public Passage pool(Op.Pool op) {
            return Passage.KEPT;
        }

        @Override
        public Passage concat(Op.Concat op) {
            return Passage.KEPT;
        }

        @Override
        public Passage add(Op.Add op) {
            return Passage.JOINED;
        }

        @Override
        public Passage scale(Op.Scale op) {
            return Passage.JOINED;
        }

        @Override
        public Passage channelGather(Op.ChannelGather op) {
            return Passage.ENDED;
        }

        @Override
        public Passage shuffle(Op.Shuffle op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage channelMatrix(Op.ChannelMatrix op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage padChannels(Op.PadChannels op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage globalAverage(Op.GlobalAverage op) {
            return Passage.KEPT;
        }

        @Override
        public Passage adaptiveAverage(Op.AdaptiveAverage op) {
            return Passage.REFUSED;
        }

        @Override
        public Passage dropout(Op.Dropout op) {
            return Passage.KEPT;
        }

        @Override
        public Passage linear(Op.Linear op) {
            boolean oneValuePerChannel = input.height() == 1 && input.width() == 1;
            return oneValuePerChannel ? Passage.ENDED : Passage.REFUSED;
        }
    }

    private static Passage passage(Layer reader) {
        return reader.op().accept(new PassageOf(reader.inputs().get(0).shape()));
    }

    private List<Layer> readers(Layer layer) {
        return readers.getOrDefault(layer, List.of());
    }

    /** Whether channels are added to a convolution, up to the next multiple of the channel block. */
    boolean isWidened(Layer layer) {
        return isDense(layer)
                && layer.shape().channels() % channelBlock != 0
                && leader(layer) == null
                && isTolerated(layer)
                && isUseful(layer);
    }

    private static boolean isDense(Layer layer) {
        return layer.op() instanceof Op.Conv conv && conv.isDense();
    }

    /** The layer whose channels a convolution's output follows, because the two are added or multiplied; null if none. */
    @Nullable
    Layer leader(Layer conv) {
        return leaders.get(conv);
    }

    /** Lets an input of a sum or a scaling follow the other one, if a convolution that nothing else reads makes it. */
    private void join(Layer joint) {
        if (joint.op() instanceof Op.Add) {
            joint.inputs().forEach(input -> join(joint, input, summand(joint, input)));
        } else if (joint.op() instanceof Op.Scale) {
            Layer conv = joint.inputs().get(1); // of the factors
            while (conv.op() instanceof Op.Activation && readers(conv).size() == 1) {
                conv = conv.input();
            }
            join(joint, conv, joint.inputs().get(0));
        }
    }

    private void join(Layer joint, Layer conv, Layer leader) {
        if (isDense(conv) && readers(conv).size() == 1 && leader.id() < conv.id()) {
            leaders.put(conv, leader);
            followed.put(joint, leader);
        }
    }

    /** The other one of the two layers that are added. */
    private static Layer summand(Layer sum, Layer one) {
        return sum.inputs().get(sum.inputs().get(0).equals(one) ? 1 : 0);
    }

    /** Whether added channels end after a pool: it makes the image smaller, and they are of no use beyond it. */
    boolean endsAfter(Layer pool) {
        return shrinks(pool) && (pool.shape().channels() % channelBlock == 0 || !isTolerated(pool));
    }

    private static boolean shrinks(Layer layer) {
        return layer.op() instanceof Op.Pool pool && pool.window().stride() > 1;
    }

    /** Whether each path from a layer leads added channels to where they end. */
    private boolean isTolerated(Layer layer) {
        Boolean known = tolerated.get(layer);
        if (known == null) {
            List<Layer> next = readers(layer);
            known = !next.isEmpty() && next.stream().allMatch(reader -> isTolerated(layer, reader));
            tolerated.put(layer, known);
        }
        return known;
    }

    private boolean isTolerated(Layer layer, Layer reader) {
        return switch (passage(reader)) {
            case ENDED -> true;
            case KEPT -> shrinks(reader) || isTolerated(reader);
            case JOINED -> layer.equals(followed.get(reader)) && isTolerated(reader);
            case REFUSED -> false;
        };
    }

    /** Whether an activation flows into a concatenation or a depthwise convolution at its full size. */
    private boolean isUseful(Layer layer) {
        Boolean known = useful.get(layer);
        if (known == null) {
            known = readers(layer).stream().anyMatch(this::isUsefulIn);
            useful.put(layer, known);
        }
        return known;
    }

    private boolean isUsefulIn(Layer reader) {
        boolean blocked =
                reader.op() instanceof Op.Concat || (reader.op() instanceof Op.Conv conv && conv.isDepthwise());
        return blocked
                || switch (passage(reader)) {
                    case KEPT, JOINED -> !shrinks(reader) && isUseful(reader);
                    case ENDED, REFUSED -> false;
                };
    }
}
