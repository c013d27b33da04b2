package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Adds channels of zeros to convolutions that are concatenated with others, or read by depthwise ones, until their number
 * is a multiple of the lanes: runtimes that keep so many channels together can then do both without taking them apart.
 * What reads the added channels gets weights of zero for them, so that nothing changes but a few more multiplications.
 * Behind a pool that makes images smaller they are left out again where that is of use.
 */
public final class AlignChannels implements Rewrite {
    private static final int ADDED = -1;

    private final int lanes;

    /** @param lanes channels a runtime keeps together */
    public AlignChannels(int lanes) {
        this.lanes = lanes;
    }

    @Override
    public String name() {
        return "align-channels";
    }

    @Override
    public Model apply(Model model) {
        Flow flow = new Flow(model.network(), lanes);
        return model.network().layers().stream().anyMatch(flow::isWidened) ? new Alignment(model, flow).copy() : model;
    }

    private static boolean isDense(Op op) {
        return op instanceof Op.Conv conv && conv.groups() == 1;
    }

    private static boolean isDepthwise(Op op) {
        return op instanceof Op.Conv conv && conv.groups() == conv.in() && conv.groups() == conv.out();
    }

    private static boolean isVectorProduct(Layer layer) {
        return layer.op() instanceof Op.Linear
                && layer.input().shape().height() == 1
                && layer.input().shape().width() == 1;
    }

    private static boolean shrinks(Op op) {
        return op instanceof Op.Pool pool && pool.window().stride() > 1;
    }

    /** Whether zeros that come in go out as zeros, or never matter. */
    private static boolean passes(Op op) {
        if (op instanceof Op.Activation activation) {
            Function function = activation.function();
            return function == Function.RELU || function == Function.RELU6 || function == Function.HARD_SWISH;
        }
        return op instanceof Op.Pool
                || op instanceof Op.Concat
                || op instanceof Op.Add
                || op instanceof Op.Scale
                || op instanceof Op.BatchNorm
                || op instanceof Op.GlobalAverage
                || op instanceof Op.Dropout
                || isDepthwise(op);
    }

    /** Where added channels may flow. */
    private static final class Flow {
        private final int lanes;
        private final Map<Layer, List<Layer>> readers = new HashMap<>();
        private final Map<Layer, Layer> leaders = new HashMap<>(); // by convolution
        private final Map<Layer, Layer> followed = new HashMap<>(); // by sum or scaling: which input the other follows
        private final Map<Layer, Boolean> tolerated = new HashMap<>();
        private final Map<Layer, Boolean> useful = new HashMap<>();

        Flow(Network network, int lanes) {
            this.lanes = lanes;
            for (Layer layer : network.layers()) {
                layer.inputs()
                        .forEach(input -> readers.computeIfAbsent(input, any -> new ArrayList<>())
                                .add(layer));
            }
            network.layers().forEach(this::join);
        }

        private List<Layer> readers(Layer layer) {
            return readers.getOrDefault(layer, List.of());
        }

        boolean isWidened(Layer layer) {
            return isDense(layer.op())
                    && layer.shape().channels() % lanes != 0
                    && leader(layer) == null
                    && isTolerated(layer)
                    && isUseful(layer);
        }

        /** What a convolution has the channels of: what it is added to, or what it makes factors for; null if neither. */
        @Nullable
        Layer leader(Layer conv) {
            return leaders.get(conv);
        }

        /** Looks whether one of a sum or a scaling's inputs is made by a convolution that can follow the other input. */
        private void join(Layer joint) {
            if (joint.op() instanceof Op.Add) {
                joint.inputs().forEach(input -> join(joint, input, summand(joint, input)));
            } else if (joint.op() instanceof Op.Scale) {
                Layer maker = joint.inputs().get(1); // of the factors
                while (maker.op() instanceof Op.Activation && readers(maker).size() == 1) {
                    maker = maker.input();
                }
                join(joint, maker, joint.inputs().get(0));
            }
        }

        private void join(Layer joint, Layer maker, Layer leader) {
            if (isDense(maker.op()) && readers(maker).size() == 1 && leader.id() < maker.id()) {
                leaders.put(maker, leader);
                followed.put(joint, leader);
            }
        }

        /** The other one of the two that are added. */
        private static Layer summand(Layer sum, Layer one) {
            return sum.inputs().get(sum.inputs().get(0).equals(one) ? 1 : 0);
        }

        /** Whether added channels end behind a pool. */
        boolean dropsAdded(Layer layer) {
            return shrinks(layer.op()) && (layer.shape().channels() % lanes == 0 || !isTolerated(layer));
        }

        /** Whether all that an activation flows into can do with added channels. */
        private boolean isTolerated(Layer layer) {
            Boolean known = tolerated.get(layer);
            if (known == null) {
                List<Layer> next = readers(layer); // none of the output
                known = !next.isEmpty() && next.stream().allMatch(reader -> isTolerated(layer, reader));
                tolerated.put(layer, known);
            }
            return known;
        }

        private boolean isTolerated(Layer layer, Layer reader) {
            if (isDense(reader.op())
                    || isVectorProduct(reader)
                    || reader.op() instanceof Op.ChannelGather
                    || shrinks(reader.op())) {
                return true;
            }
            if (reader.op() instanceof Op.Add || reader.op() instanceof Op.Scale) {
                return layer.equals(followed.get(reader)) && isTolerated(reader);
            }
            return passes(reader.op()) && isTolerated(reader);
        }

        /** Whether an activation flows into a concatenation or a depthwise convolution. */
        private boolean isUseful(Layer layer) {
            Boolean known = useful.get(layer);
            if (known == null) {
                known = readers(layer).stream()
                        .anyMatch(reader -> reader.op() instanceof Op.Concat
                                || isDepthwise(reader.op())
                                || (passes(reader.op()) && !shrinks(reader.op()) && isUseful(reader)));
                useful.put(layer, known);
            }
            return known;
        }
    }

    /** The copy, with for each layer which channel of the source each of its channels is. */
    private static final class Alignment {
        private final Model source;
        private final Flow flow;
        private final Edit edit;
        private final Map<Layer, int[]> channels = new HashMap<>(); // by layer of the source; ADDED where none

        Alignment(Model source, Flow flow) {
            this.source = source;
            this.flow = flow;
            edit = new Edit(source);
        }

        Model copy() {
            for (Layer layer : source.network().layers()) {
                int[] in = layer.inputs().isEmpty()
                        ? new int[0]
                        : channels(layer.inputs().get(0));
                boolean changed = in.length != 0
                        && in.length != layer.inputs().get(0).shape().channels();
                if (layer.op() instanceof Op.Concat) {
                    edit.keep(layer);
                    channels.put(layer, concatenated(layer));
                } else if (isDense(layer.op())) {
                    dense(layer, in);
                } else if (isDepthwise(layer.op())) {
                    depthwise(layer, in);
                } else if (layer.op() instanceof Op.BatchNorm norm && changed) {
                    normalize(layer, norm, in);
                } else if (layer.op() instanceof Op.ChannelGather select && changed) {
                    select(layer, select, in);
                } else if (layer.op() instanceof Op.Linear linear && changed) {
                    linear(layer, linear, in);
                } else {
                    edit.keep(layer);
                    boolean kept = passes(layer.op()) || layer.op() instanceof Op.Activation;
                    channels.put(layer, kept ? in : identity(layer));
                    if (changed && flow.dropsAdded(layer)) {
                        dropAdded(layer, in);
                    }
                }
            }
            return edit.model();
        }

        private int[] channels(Layer layer) {
            return channels.getOrDefault(layer, identity(layer));
        }

        private static int[] identity(Layer layer) {
            return IntStream.range(0, layer.shape().channels()).toArray();
        }

        private int[] concatenated(Layer concat) {
            IntStream all = IntStream.empty();
            int offset = 0;
            for (Layer input : concat.inputs()) {
                int start = offset;
                all = IntStream.concat(all, Arrays.stream(channels(input)).map(c -> c == ADDED ? ADDED : c + start));
                offset += input.shape().channels();
            }
            return all.toArray();
        }

        private void dense(Layer layer, int[] in) {
            Op.Conv conv = (Op.Conv) layer.op();
            int[] out = identity(layer);
            Layer leader = flow.leader(layer);
            if (leader != null) {
                out = channels(leader);
            } else if (flow.isWidened(layer)) {
                int[] wide = Arrays.copyOf(out, (out.length + flow.lanes - 1) / flow.lanes * flow.lanes);
                Arrays.fill(wide, out.length, wide.length, ADDED);
                out = wide;
            }
            Op.Conv aligned = new Op.Conv(in.length, out.length, conv.window(), 1, conv.bias());
            int taps = conv.window().kernel() * conv.window().kernel();
            edit.replace(layer, aligned, aligned(layer, aligned, out, in, taps));
            channels.put(layer, out);
        }

        private void depthwise(Layer layer, int[] in) {
            Op.Conv conv = (Op.Conv) layer.op();
            Op.Conv aligned = new Op.Conv(in.length, in.length, conv.window(), in.length, conv.bias());
            int taps = conv.window().kernel() * conv.window().kernel();
            edit.replace(layer, aligned, aligned(layer, aligned, in, new int[] {0}, taps));
            channels.put(layer, in);
        }

        private void linear(Layer layer, Op.Linear linear, int[] in) {
            Op.Linear aligned = new Op.Linear(in.length, linear.out(), linear.bias());
            edit.replace(layer, aligned, aligned(layer, aligned, identity(layer), in, 1));
        }

        private void normalize(Layer layer, Op.BatchNorm norm, int[] in) {
            Op.BatchNorm aligned = new Op.BatchNorm(in.length, norm.epsilon(), norm.momentum());
            Map<String, NdArray> own = new LinkedHashMap<>(edit.own(layer));
            own.replaceAll((name, values) -> values instanceof NdArray.Floats floats
                    ? padded(floats.values(), in, name.equals("running_var") ? 1 : 0)
                    : values);
            edit.replace(layer, aligned, own);
            channels.put(layer, in);
        }

        private void select(Layer layer, Op.ChannelGather select, int[] in) {
            long[] index = Arrays.stream(source.tensors().longs(layer.nameOf(Op.ChannelGather.INDEX)))
                    .map(channel -> position(in, (int) channel))
                    .toArray();
            Op.ChannelGather aligned = new Op.ChannelGather(in.length, select.out());
            edit.replace(
                    layer, aligned, Map.of(Op.ChannelGather.INDEX, new NdArray.Longs(List.of(index.length), index)));
        }

        private static int position(int[] channels, int wanted) {
            return IntStream.range(0, channels.length)
                    .filter(i -> channels[i] == wanted)
                    .findFirst()
                    .orElseThrow();
        }

        /** By a convolution, for a selection would take the channels apart. */
        private void dropAdded(Layer layer, int[] in) {
            int[] out = identity(layer);
            float[] weight = new float[out.length * in.length];
            for (int channel : out) {
                weight[channel * in.length + position(in, channel)] = 1;
            }
            Op.Conv kept = new Op.Conv(in.length, out.length, Window.of(1), 1, false);
            NdArray values = new NdArray.Floats(kept.parameters().get(0).dims(), weight);
            edit.move(
                    layer,
                    edit.add(layer.name() + ".kept", kept, List.of(edit.moved(layer)), Map.of("weight", values)));
            channels.put(layer, out);
        }

        /** Weight {@code [out, in, taps]} and bias {@code [out]} with zeros for what was added. */
        private Map<String, NdArray> aligned(Layer layer, Op op, int[] out, int[] in, int taps) {
            float[] weight = source.tensors().floats(layer.nameOf("weight"));
            int inBefore = weight.length / layer.shape().channels() / taps;
            float[] wide = new float[out.length * in.length * taps];
            for (int o = 0; o < out.length; o++) {
                for (int i = 0; i < in.length; i++) {
                    if (out[o] != ADDED && in[i] != ADDED) {
                        System.arraycopy(
                                weight, (out[o] * inBefore + in[i]) * taps, wide, (o * in.length + i) * taps, taps);
                    }
                }
            }
            Map<String, NdArray> own = new LinkedHashMap<>();
            own.put("weight", new NdArray.Floats(op.parameters().get(0).dims(), wide));
            if (source.tensors().has(layer.nameOf("bias"))) {
                own.put("bias", padded(source.tensors().floats(layer.nameOf("bias")), out, 0));
            }
            return own;
        }

        /** One value a channel, {@code added} for those that were added. */
        private static NdArray padded(float[] values, int[] channels, float added) {
            float[] padded = new float[channels.length];
            for (int c = 0; c < channels.length; c++) {
                padded[c] = channels[c] == ADDED ? added : values[channels[c]];
            }
            return new NdArray.Floats(List.of(channels.length), padded);
        }
    }
}
