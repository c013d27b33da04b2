package dev.kinglet.network;

import dev.kinglet.network.Op.Activation.Curve;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Adds channels of zeros to convolutions that are concatenated with others, until their number is a multiple of eight:
 * runtimes that keep eight channels together can then concatenate without taking them apart. What reads the concatenation
 * gets weights of zero for the added channels, so that nothing changes but a few more multiplications.
 */
public final class AlignChannels implements Rewrite {
    private static final int LANES = 8;
    private static final int ADDED = -1;

    /** The rewrite; it has no settings. */
    public AlignChannels() {}

    @Override
    public String name() {
        return "align-channels";
    }

    @Override
    public Model apply(Model model) {
        Set<Layer> uneven = uneven(model.network());
        return uneven.isEmpty() ? model : new Alignment(model).of(uneven);
    }

    /** Convolutions to be widened. */
    private static Set<Layer> uneven(Network network) {
        Map<Layer, Set<Layer>> readers = new HashMap<>();
        for (Layer layer : network.layers()) {
            layer.inputs()
                    .forEach(input -> readers.computeIfAbsent(input, any -> new HashSet<>())
                            .add(layer));
        }
        Set<Layer> uneven = new HashSet<>();
        for (Layer layer : network.layers()) {
            boolean dense = layer.op() instanceof Op.Conv conv && conv.groups() == 1;
            if (dense && layer.shape().channels() % LANES != 0) {
                Set<Layer> reached = new HashSet<>();
                boolean tolerated = follow(layer, readers, reached);
                if (tolerated && reached.stream().anyMatch(reader -> reader.op() instanceof Op.Concat)) {
                    uneven.add(layer);
                }
            }
        }
        return uneven;
    }

    /** Whether all that an activation flows into can do with added channels; collects what it passes through. */
    private static boolean follow(Layer layer, Map<Layer, Set<Layer>> readers, Set<Layer> reached) {
        Set<Layer> next = readers.getOrDefault(layer, Set.of());
        if (next.isEmpty()) {
            return false; // the output of the network
        }
        for (Layer reader : next) {
            boolean ends = isDense(reader.op()) || isVectorProduct(reader);
            if (!ends && !passes(reader.op())) {
                return false;
            }
            if (!ends && reached.add(reader) && !follow(reader, readers, reached)) {
                return false;
            }
        }
        return true;
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

    /** Whether zeros that come in go out as zeros, or never matter. */
    private static boolean passes(Op op) {
        if (op instanceof Op.Activation activation) {
            Curve curve = activation.curve();
            return curve == Curve.RELU || curve == Curve.RELU6 || curve == Curve.HARD_SWISH;
        }
        return op instanceof Op.Pool
                || op instanceof Op.Concat
                || op instanceof Op.GlobalAverage
                || op instanceof Op.Dropout
                || isDepthwise(op);
    }

    /** The copy, with for each layer which channel of the source each of its channels is. */
    private static final class Alignment {
        private final Model source;
        private final Edit edit;
        private final Map<Layer, int[]> channels = new HashMap<>(); // by layer of the source; ADDED where none

        Alignment(Model source) {
            this.source = source;
            edit = new Edit(source);
        }

        Model of(Set<Layer> uneven) {
            for (Layer layer : source.network().layers()) {
                int[] in = layer.inputs().isEmpty()
                        ? new int[0]
                        : channels(layer.inputs().get(0));
                if (layer.op() instanceof Op.Concat) {
                    edit.keep(layer);
                    channels.put(layer, concatenated(layer));
                } else if (isDense(layer.op())) {
                    dense(layer, in, uneven.contains(layer));
                } else if (isDepthwise(layer.op())) {
                    depthwise(layer, in);
                } else if (layer.op() instanceof Op.Linear linear
                        && in.length != linear.in()
                        && isVectorProduct(layer)) {
                    linear(layer, linear, in);
                } else {
                    edit.keep(layer);
                    channels.put(layer, passes(layer.op()) ? in : identity(layer));
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

        private void dense(Layer layer, int[] in, boolean widen) {
            Op.Conv conv = (Op.Conv) layer.op();
            int[] out = identity(layer);
            if (widen) {
                int[] wide = Arrays.copyOf(out, (out.length + LANES - 1) / LANES * LANES);
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
                float[] bias = source.tensors().floats(layer.nameOf("bias"));
                float[] wideBias = new float[out.length];
                for (int o = 0; o < out.length; o++) {
                    wideBias[o] = out[o] == ADDED ? 0 : bias[out[o]];
                }
                own.put("bias", new NdArray.Floats(List.of(out.length), wideBias));
            }
            return own;
        }
    }
}
