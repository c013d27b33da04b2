package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import dev.kinglet.network.Window;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Adds channels of zeros to convolutions that are concatenated with others, or read by depthwise ones, until their number
 * is a multiple of the channel block: a runtime with a blocked NCHWc layout then does both without reordering. The outputs
 * stay as they are, for a few more multiplications.
 */
final class AlignChannels implements Rewrite {
    /*
     * Each layer of the copy has a list, channels[layer]: for each of its channels the channel of the source that it is, or
     * ADDED. Two things hold for every layer of the copy:
     *
     *   (a) a channel that is not ADDED has the values of its channel in the source;
     *   (b) an ADDED channel is zero at every pixel, unless all it reaches is the factors of a scaling.
     *
     * By induction over the layers, in the order of execution; (a) for the output is what the rewrite promises, since the
     * output has no reader and so no ADDED channel.
     *
     *   - A dense convolution, or a linear layer over one value per channel, has weight zero for each ADDED input: the sum
     *     for an output is that of the source, whatever an ADDED input holds. An output that is ADDED has weight zero for
     *     every input, and bias zero: it is zero.
     *   - A depthwise convolution has a kernel of zeros and bias zero for an ADDED channel, a batch normalization scale,
     *     shift and mean zero and variance one. ReLU, ReLU6 and hard-swish are zero at zero; so are the maximum and the
     *     mean of zeros. Concatenation and dropout move channels, and their lists move likewise.
     *   - A sum needs the same list on both sides. Only a dense convolution can give its outputs any list; so one side must
     *     come from a dense convolution without other readers, which follows the other side, its leader: it takes over
     *     the leader's list. The leader comes before it in the order of execution, so its list is known by then. Zero plus
     *     zero is zero.
     *   - A scaling is the same, with the image as the leader and the factors' convolution as the follower. An ADDED channel
     *     of the image is zero, so its factor can be any number; sigmoid makes 1/2 of zero. That is the exception in (b).
     *   - A gather reads the same channels of the source at their new positions, and leaves ADDED ones out.
     *   - A pool that makes the image smaller can be followed by a pointwise convolution of ones and zeros which leaves the
     *     ADDED channels out. It is added where they can go no further, or where the number is a multiple of the channel
     *     block without them.
     *   - Any other op needs the channels of the source. A convolution from which an ADDED channel could reach such an op
     *     without ending before is not widened: ChannelFlow finds that by following all paths from it.
     *
     * Whether widening pays is no part of the proof: it is done for what is concatenated or read by a depthwise convolution
     * before a pool makes it smaller.
     */
    private static final int ADDED = -1;

    private final int channelBlock;

    /** @param channelBlock channels per block of the runtime's layout */
    AlignChannels(int channelBlock) {
        this.channelBlock = channelBlock;
    }

    @Override
    public String name() {
        return Rewrites.ALIGN_CHANNELS;
    }

    @Override
    public Model apply(Model model) {
        ChannelFlow flow = new ChannelFlow(model.network(), channelBlock);
        return model.network().layers().stream().anyMatch(flow::isWidened)
                ? new Alignment(model, flow, channelBlock).copy()
                : model;
    }

    /** The copy, with the list of channels of each layer. */
    private static final class Alignment {
        private final Model source;
        private final ChannelFlow flow;
        private final int channelBlock;
        private final Edit edit;
        private final Map<Layer, int[]> channels = new HashMap<>(); // by layer of the source

        Alignment(Model source, ChannelFlow flow, int channelBlock) {
            this.source = source;
            this.flow = flow;
            this.channelBlock = channelBlock;
            edit = new Edit(source);
        }

        Model copy() {
            for (Layer layer : source.network().layers()) {
                int[] in = layer.inputs().isEmpty()
                        ? new int[0]
                        : list(layer.inputs().get(0));
                channels.put(layer, layer.op().accept(new Copy(layer, in)));
            }
            return edit.model();
        }

        /** The list of a layer that is copied already. */
        private int[] list(Layer layer) {
            return Objects.requireNonNull(channels.get(layer));
        }

        private static int[] identity(Layer layer) {
            return IntStream.range(0, layer.shape().channels()).toArray();
        }

        /** Position of a channel of the source in a list. */
        private static int position(int[] channels, int wanted) {
            return IntStream.range(0, channels.length)
                    .filter(i -> channels[i] == wanted)
                    .findFirst()
                    .orElseThrow();
        }

        /** Copies one layer with its channels of zeros, and returns the list of its channels. */
        private final class Copy implements Op.Visitor<int[]> {
            private final Layer layer;
            private final int[] in; // list of the channels of its first input

            Copy(Layer layer, int[] in) {
                this.layer = layer;
                this.in = in;
            }

            /** As it is, with the channels of the source. */
            private int[] unchanged() {
                edit.keep(layer);
                return identity(layer);
            }

            /** The same op, which treats each channel by itself. */
            private int[] channelwise() {
                edit.keep(layer);
                return in;
            }

            @Override
            public int[] input(Op.Input op) {
                return unchanged();
            }

            @Override
            public int[] conv(Op.Conv op) {
                return op.isDense() ? dense(op) : op.isDepthwise() ? depthwise(op) : unchanged();
            }

            private int[] dense(Op.Conv conv) {
                int[] out = outputs();
                Op.Conv aligned = new Op.Conv(in.length, out.length, conv.window(), 1, conv.bias());
                edit.replace(
                        layer, aligned, aligned(aligned, out, in, conv.window().elements()));
                return out;
            }

            private int[] outputs() {
                Layer leader = flow.leader(layer);
                if (leader != null) {
                    return list(leader);
                }
                int[] out = identity(layer);
                if (!flow.isWidened(layer)) {
                    return out;
                }
                int[] wide = Arrays.copyOf(out, (out.length + channelBlock - 1) / channelBlock * channelBlock);
                Arrays.fill(wide, out.length, wide.length, ADDED);
                return wide;
            }

            private int[] depthwise(Op.Conv conv) {
                Op.Conv aligned = new Op.Conv(in.length, in.length, conv.window(), in.length, conv.bias());
                edit.replace(
                        layer,
                        aligned,
                        aligned(aligned, in, new int[] {0}, conv.window().elements()));
                return in;
            }

            @Override
            public int[] learnedGroupConv(Op.LearnedGroupConv op) {
                return unchanged();
            }

            @Override
            public int[] batchNorm(Op.BatchNorm norm) {
                Op.BatchNorm aligned = new Op.BatchNorm(in.length, norm.epsilon(), norm.momentum());
                Map<String, NdArray> values = edit.tensors(layer);
                values.replaceAll((name, array) -> array instanceof NdArray.Floats floats
                        ? padded(floats.values(), in, name.equals("running_var") ? 1 : 0)
                        : array);
                edit.replace(layer, aligned, values);
                return in;
            }

            @Override
            public int[] activation(Op.Activation op) {
                return channelwise();
            }

            @Override
            public int[] pool(Op.Pool op) {
                edit.keep(layer);
                boolean added = in.length != layer.shape().channels();
                return added && flow.endsAfter(layer) ? endAdded() : in;
            }

            /** By a convolution, for a gather would reorder the blocked layout. */
            private int[] endAdded() {
                int[] out = identity(layer);
                float[] weight = new float[out.length * in.length];
                for (int channel : out) {
                    weight[channel * in.length + position(in, channel)] = 1;
                }
                Op.Conv kept = new Op.Conv(in.length, out.length, Window.of(1), 1, false);
                NdArray values = new NdArray.Floats(kept.weight().dims(), weight);
                edit.substitute(
                        layer,
                        edit.add(layer.name() + ".kept", kept, List.of(edit.copyOf(layer)), Map.of("weight", values)));
                return out;
            }

            @Override
            public int[] concat(Op.Concat op) {
                edit.keep(layer);
                IntStream all = IntStream.empty();
                int offset = 0;
                for (Layer input : layer.inputs()) {
                    int start = offset;
                    all = IntStream.concat(all, Arrays.stream(list(input)).map(c -> c == ADDED ? ADDED : c + start));
                    offset += input.shape().channels();
                }
                return all.toArray();
            }

            @Override
            public int[] add(Op.Add op) {
                return channelwise();
            }

            @Override
            public int[] scale(Op.Scale op) {
                return channelwise();
            }

            @Override
            public int[] channelGather(Op.ChannelGather gather) {
                long[] index = Arrays.stream(source.tensors().longs(layer.nameOf(Op.ChannelGather.INDEX)))
                        .map(channel -> position(in, (int) channel))
                        .toArray();
                Op.ChannelGather aligned = new Op.ChannelGather(in.length, gather.out());
                edit.replace(
                        layer,
                        aligned,
                        Map.of(Op.ChannelGather.INDEX, new NdArray.Longs(List.of(index.length), index)));
                return identity(layer);
            }

            @Override
            public int[] shuffle(Op.Shuffle op) {
                return unchanged();
            }

            @Override
            public int[] channelMatrix(Op.ChannelMatrix op) {
                return unchanged();
            }

            @Override
            public int[] padChannels(Op.PadChannels op) {
                return unchanged();
            }

            @Override
            public int[] globalAverage(Op.GlobalAverage op) {
                return channelwise();
            }

            @Override
            public int[] adaptiveAverage(Op.AdaptiveAverage op) {
                return unchanged();
            }

            @Override
            public int[] dropout(Op.Dropout op) {
                return channelwise();
            }

            @Override
            public int[] linear(Op.Linear linear) {
                if (in.length == layer.input().shape().channels()) { // it may read several values per channel then
                    return unchanged();
                }
                Op.Linear aligned = new Op.Linear(in.length, linear.out(), linear.bias());
                edit.replace(layer, aligned, aligned(aligned, identity(layer), in, 1));
                return identity(layer);
            }

            /** Weight {@code [out, in, elements of a kernel]} and bias {@code [out]}, with zeros for ADDED channels. */
            private Map<String, NdArray> aligned(Op op, int[] out, int[] inputs, int elements) {
                float[] weight = source.tensors().floats(layer.nameOf("weight"));
                int inputsBefore = weight.length / layer.shape().channels() / elements;
                float[] wide = new float[out.length * inputs.length * elements];
                for (int o = 0; o < out.length; o++) {
                    for (int i = 0; i < inputs.length; i++) {
                        if (out[o] != ADDED && inputs[i] != ADDED) {
                            int from = (out[o] * inputsBefore + inputs[i]) * elements;
                            System.arraycopy(weight, from, wide, (o * inputs.length + i) * elements, elements);
                        }
                    }
                }
                Map<String, NdArray> values = new LinkedHashMap<>();
                values.put("weight", new NdArray.Floats(op.parameters().get(0).dims(), wide));
                if (source.tensors().has(layer.nameOf("bias"))) {
                    values.put("bias", padded(source.tensors().floats(layer.nameOf("bias")), out, 0));
                }
                return values;
            }

            /** One value per channel, {@code added} for ADDED channels. */
            private static NdArray padded(float[] values, int[] channels, float added) {
                float[] padded = new float[channels.length];
                for (int c = 0; c < channels.length; c++) {
                    padded[c] = channels[c] == ADDED ? added : values[channels[c]];
                }
                return new NdArray.Floats(List.of(channels.length), padded);
            }
        }
    }
}
