package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a pointwise convolution in groups, with the selections, shuffles and channel matrices around it, one dense
 * pointwise convolution: all of them are matrices over the channels of a pixel. Normalizations and activations between a
 * selection and the convolution go before it, onto the channels selected from; each pixel's value stays what it was.
 *
 * <p>The dense convolution multiplies by many zeros, but copies nothing. Where copying is the cheaper of the two, the
 * layers stay.
 */
public final class MergePointwise implements Rewrite {
    private static final long MACS_PER_COPY =
            30; // as long as copying one number takes, between 20 and 50 where measured

    private final ConvPlan forms;

    /** @param forms which convolutions become dense, and which do not; whether it pays decides of the others */
    public MergePointwise(ConvPlan forms) {
        this.forms = forms;
    }

    @Override
    public String name() {
        return "merge-pointwise";
    }

    @Override
    public Model apply(Model model) {
        Network network = model.network();
        Neighbors neighbors = new Neighbors(network);
        Map<Layer, Run> ends = new HashMap<>();
        Set<Layer> gone = new HashSet<>();
        for (Layer layer : network.layers()) {
            Run run = Run.around(layer, neighbors, model.tensors());
            if (run != null
                    && forms.of(layer)
                            .map(form -> form == ConvImplementation.DENSE)
                            .orElseGet(run::pays)) {
                ends.put(run.last(), run);
                gone.addAll(run.layers());
            }
        }
        if (ends.isEmpty()) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : network.layers()) {
            Run run = ends.get(layer);
            if (run != null) {
                edit.move(layer, run.merge(edit));
            } else if (!gone.contains(layer)) {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    /** Who reads whom. */
    private static final class Neighbors {
        private final Map<Layer, Layer> only = new HashMap<>(); // a layer -> its reader, if there is one
        private final int[] readers;

        Neighbors(Network network) {
            readers = network.readers();
            network.layers().forEach(layer -> layer.inputs().forEach(input -> only.put(input, layer)));
        }

        /** The layer that alone reads an activation; null if none or several do. */
        @Nullable
        Layer reader(Layer layer) {
            return readers[layer.id()] == 1 ? only.get(layer) : null;
        }
    }

    /** What becomes one convolution. */
    private static final class Run {
        private final List<Layer> before; // from the first selection or shuffle to the convolution, which is not in it
        private final Layer conv;
        private final List<Layer> after;
        private final Tensors tensors;

        private Run(List<Layer> before, Layer conv, List<Layer> after, Tensors tensors) {
            this.before = before;
            this.conv = conv;
            this.after = after;
            this.tensors = tensors;
        }

        static @Nullable Run around(Layer conv, Neighbors neighbors, Tensors tensors) {
            boolean grouped = conv.op() instanceof Op.Conv op && op.window().equals(Window.of(1)) && op.groups() > 1;
            if (!grouped) {
                return null;
            }
            Deque<Layer> before = new ArrayDeque<>();
            for (Layer layer = conv.input();
                    (movesChannels(layer) || isElementwise(layer)) && neighbors.reader(layer) != null;
                    layer = layer.input()) {
                before.addFirst(layer);
            }
            while (!before.isEmpty() && !movesChannels(before.getFirst())) {
                before.removeFirst();
            }
            List<Layer> after = new ArrayList<>();
            for (Layer layer = neighbors.reader(conv);
                    layer != null && (movesChannels(layer) || layer.op() instanceof Op.ChannelMatrix);
                    layer = neighbors.reader(layer)) {
                after.add(layer);
            }
            Run run = new Run(List.copyOf(before), conv, after, tensors);
            return run.layers().size() > 1 && run.normsAgree() ? run : null;
        }

        private static boolean movesChannels(Layer layer) {
            return layer.op() instanceof Op.Shuffle || layer.op() instanceof Op.ChannelGather;
        }

        private static boolean isElementwise(Layer layer) {
            return layer.op() instanceof Op.BatchNorm || layer.op() instanceof Op.Activation;
        }

        List<Layer> layers() {
            List<Layer> all = new ArrayList<>(before);
            all.add(conv);
            all.addAll(after);
            return all;
        }

        Layer last() {
            return after.isEmpty() ? conv : after.get(after.size() - 1);
        }

        private Layer source() {
            return before.isEmpty() ? conv.input() : before.get(0).input();
        }

        /** Whether the multiply-accumulates it adds cost less than the copies it saves. */
        boolean pays() {
            Op.Conv grouped = (Op.Conv) conv.op();
            long pixels = (long) conv.shape().height() * conv.shape().width();
            long dense = pixels * source().shape().channels() * last().shape().channels();
            long added = dense - grouped.macs(conv.inputShapes());
            long copied = Stream.concat(before.stream(), after.stream())
                    .filter(layer -> !isElementwise(layer))
                    .mapToLong(layer -> layer.shape().elements())
                    .sum();
            return added <= MACS_PER_COPY * copied;
        }

        /** For each channel of a layer of {@code before}, the source's channel it is. */
        private int[] sources(int layers) {
            int[] sources = new int[source().shape().channels()];
            Arrays.setAll(sources, i -> i);
            for (Layer layer : before.subList(0, layers)) {
                if (movesChannels(layer)) {
                    int[] chosen = chosen(layer);
                    int[] further = sources;
                    sources = Arrays.stream(chosen).map(c -> further[c]).toArray();
                }
            }
            return sources;
        }

        private int[] chosen(Layer layer) {
            if (layer.op() instanceof Op.Shuffle shuffle) {
                return shuffle.sources(layer.shape().channels());
            }
            return ((Op.ChannelGather) layer.op()).channels(tensors.longs(layer.nameOf(Op.ChannelGather.INDEX)));
        }

        /** Whether every normalization treats all copies of a channel alike, so that it can go before the copying. */
        private boolean normsAgree() {
            for (int i = 0; i < before.size(); i++) {
                Layer layer = before.get(i);
                if (layer.op() instanceof Op.BatchNorm) {
                    int[] sources = sources(i);
                    for (Parameter p : layer.op().parameters()) {
                        if (!p.integer() && !agree(tensors.floats(layer.nameOf(p)), sources)) {
                            return false;
                        }
                    }
                }
            }
            return true;
        }

        private static boolean agree(float[] values, int[] sources) {
            Map<Integer, Float> first = new HashMap<>();
            for (int i = 0; i < sources.length; i++) {
                Float other = first.putIfAbsent(sources[i], values[i]);
                if (other != null && other != values[i]) {
                    return false;
                }
            }
            return true;
        }

        Layer merge(Edit edit) {
            Layer x = edit.moved(source());
            int channels = source().shape().channels();
            for (int i = 0; i < before.size(); i++) {
                Layer layer = before.get(i);
                if (layer.op() instanceof Op.BatchNorm norm) {
                    Op.BatchNorm op = new Op.BatchNorm(channels, norm.epsilon(), norm.momentum());
                    x = edit.add(layer.name(), op, List.of(x), spread(layer, op, sources(i)));
                } else if (layer.op() instanceof Op.Activation) {
                    x = edit.add(layer.name(), layer.op(), List.of(x), Map.of());
                }
            }
            double[][] rows = grouped(channels);
            for (Layer layer : after) {
                rows = movesChannels(layer)
                        ? Arrays.stream(chosen(layer))
                                .mapToObj(List.of(rows)::get)
                                .toArray(double[][]::new)
                        : summed(rows, layer);
            }
            boolean biased = ((Op.Conv) conv.op()).bias();
            Op.Conv merged = new Op.Conv(channels, rows.length, Window.of(1), 1, biased);
            Map<String, NdArray> own = new LinkedHashMap<>();
            own.put("weight", new NdArray.Floats(merged.parameters().get(0).dims(), floats(rows, 0, channels)));
            if (biased) {
                own.put("bias", new NdArray.Floats(List.of(rows.length), floats(rows, channels, channels + 1)));
            }
            return edit.add(conv.name(), merged, List.of(x), own);
        }

        /** The convolution as a matrix {@code [out, channels + 1]} over the source's channels and, last, a constant 1. */
        private double[][] grouped(int channels) {
            Op.Conv op = (Op.Conv) conv.op();
            int[] sources = sources(before.size());
            float[] weight = tensors.floats(conv.nameOf("weight"));
            int perGroup = op.in() / op.groups();
            int rowsPerGroup = op.out() / op.groups();
            double[][] rows = new double[op.out()][channels + 1];
            for (int row = 0; row < op.out(); row++) {
                for (int k = 0; k < perGroup; k++) {
                    rows[row][sources[row / rowsPerGroup * perGroup + k]] += weight[row * perGroup + k];
                }
                rows[row][channels] = op.bias() ? tensors.floats(conv.nameOf("bias"))[row] : 0;
            }
            return rows;
        }

        private double[][] summed(double[][] rows, Layer layer) {
            Op.ChannelMatrix matrix = (Op.ChannelMatrix) layer.op();
            float[] index = tensors.floats(layer.nameOf(Op.ChannelMatrix.INDEX));
            double[][] summed = new double[matrix.out()][rows[0].length];
            for (int in = 0; in < matrix.in(); in++) {
                for (int out = 0; out < matrix.out(); out++) {
                    double share = index[in * matrix.out() + out];
                    for (int c = 0; share != 0 && c < summed[out].length; c++) {
                        summed[out][c] += share * rows[in][c];
                    }
                }
            }
            return summed;
        }

        /** A normalization's values for the channels of the source; of one that nobody selects, any will do. */
        private Map<String, NdArray> spread(Layer norm, Op.BatchNorm op, int[] sources) {
            Map<String, NdArray> own = new LinkedHashMap<>();
            for (Parameter p : op.parameters()) {
                if (p.integer()) {
                    own.put(p.name(), tensors.get(norm.nameOf(p)));
                } else {
                    float[] values = new float[op.channels()];
                    Arrays.fill(values, p.name().equals("running_var") ? 1 : 0);
                    float[] selected = tensors.floats(norm.nameOf(p));
                    for (int i = 0; i < sources.length; i++) {
                        values[sources[i]] = selected[i];
                    }
                    own.put(p.name(), new NdArray.Floats(p.dims(), values));
                }
            }
            return own;
        }

        /** Columns {@code from} to {@code to} of all rows, row by row. */
        private static float[] floats(double[][] rows, int from, int to) {
            float[] floats = new float[Math.multiplyExact(rows.length, to - from)];
            int i = 0;
            for (double[] row : rows) {
                for (int c = from; c < to; c++) {
                    floats[i++] = (float) row[c];
                }
            }
            return floats;
        }
    }
}
