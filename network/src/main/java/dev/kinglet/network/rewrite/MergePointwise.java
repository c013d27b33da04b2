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
import java.util.Collections;
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
 * Merges a grouped pointwise convolution and the channel gathers, shuffles and channel matrices around it into one dense
 * pointwise convolution. Where copying channels takes less time than multiplying by the zeros of the dense convolution, the
 * layers stay.
 */
final class MergePointwise implements LayerwiseRewrite {
    /*
     * At one pixel, with x the vector of its channels, each layer of a chain is one of two things:
     *
     *   - a matrix over the channels: a gather or a shuffle (one 1 in each row), a channel matrix, and the convolution
     *     itself, W x + b, whose groups are the blocks of W;
     *   - a function of each channel by itself: a batch normalization or an activation.
     *
     * A chain is G, f, G', f', ..., conv, M, M', ...: gathers and shuffles G mixed with elementwise functions f before the
     * convolution, gathers, shuffles and channel matrices M after it. A gather copies channels, so a function can be moved
     * before it: f(G x) = G g(x), where g does to a channel of x what f does to its copies. There is such a g if f does the
     * same to all copies of one channel. An activation always does; a batch normalization does if its values for the copies
     * are equal (normsAgree). Its values for a channel of x of which there is no copy can be any: G leaves it out.
     *
     * With all functions moved to the front what is left is one matrix multiplication, M' M (W G' G y + b), one matrix over the
     * channels of y and one bias: the dense convolution. It is multiplied out in double precision and rounded once.
     * "sources" below is the product of the gathers, as the list of the channels they copy; "rows" is the matrix with the
     * bias as its last column, so that what acts on the rows acts on the bias too.
     *
     * No layer of the chain but the last may have readers outside of it, for they are gone afterwards. For the same reason a
     * gather or shuffle between two convolutions goes into one of them only, the first.
     */
    private static final long MACS_PER_COPY =
            30; // that take as long as copying one number; between 20 and 50 where measured

    private final ConvPlan plan;

    /** @param plan decides which convolutions become dense; where it is silent, the estimate of their time does */
    MergePointwise(ConvPlan plan) {
        this.plan = plan;
    }

    @Override
    public String name() {
        return Rewrites.MERGE_POINTWISE;
    }

    @Override
    public void plan(Model model, Changes changes) {
        Neighbors neighbors = new Neighbors(model.network());
        Set<Layer> merged = new HashSet<>();
        for (Layer layer : model.network().layers()) {
            Chain chain = Chain.around(layer, neighbors, model.tensors());
            if (chain != null && Collections.disjoint(merged, chain.layers()) && isMerged(chain)) {
                merged.addAll(chain.layers());
                chain.layers().forEach(changes::leaveOut);
                changes.at(chain.last(), edit -> edit.substitute(chain.last(), chain.merge(edit)));
            }
        }
    }

    private boolean isMerged(Chain chain) {
        return plan.of(chain.conv)
                .map(implementation -> implementation == ConvImplementation.DENSE)
                .orElseGet(chain::pays);
    }

    /** The readers of layers that have one reader. */
    private static final class Neighbors {
        private final Map<Layer, Layer> lastReader = new HashMap<>(); // by layer
        private final int[] readers;

        Neighbors(Network network) {
            readers = network.readers();
            network.layers().forEach(layer -> layer.inputs().forEach(input -> lastReader.put(input, layer)));
        }

        /** The only reader of a layer; null if there are none or several. */
        @Nullable
        Layer reader(Layer layer) {
            return readers[layer.id()] == 1 ? lastReader.get(layer) : null;
        }
    }

    /** Layers in a row that become one convolution. */
    private static final class Chain {
        private final List<Layer> before; // from the first gather or shuffle to before the convolution
        private final Layer conv;
        private final List<Layer> after;
        private final Tensors tensors;

        private Chain(List<Layer> before, Layer conv, List<Layer> after, Tensors tensors) {
            this.before = before;
            this.conv = conv;
            this.after = after;
            this.tensors = tensors;
        }

        static @Nullable Chain around(Layer conv, Neighbors neighbors, Tensors tensors) {
            boolean grouped = conv.op() instanceof Op.Conv op && op.window().equals(Window.of(1)) && !op.isDense();
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
            Chain chain = new Chain(List.copyOf(before), conv, after, tensors);
            return chain.layers().size() > 1 && chain.normsAgree() ? chain : null;
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

        /** Whether the multiply-accumulates that merging adds take less time than the copies it saves. */
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

        /** For each channel that layer {@code layers} of {@code before} reads, the channel of the source that it is. */
        private int[] sources(int layers) {
            int[] sources = new int[source().shape().channels()];
            Arrays.setAll(sources, i -> i);
            for (Layer layer : before.subList(0, layers)) {
                if (movesChannels(layer)) {
                    int[] inputs = sources;
                    sources = Arrays.stream(gathered(layer)).map(c -> inputs[c]).toArray();
                }
            }
            return sources;
        }

        /** For each channel that a gather or shuffle makes, the channel it reads. */
        private int[] gathered(Layer layer) {
            if (layer.op() instanceof Op.Shuffle shuffle) {
                return shuffle.sources(layer.shape().channels());
            }
            return ((Op.ChannelGather) layer.op()).channels(tensors.longs(layer.nameOf(Op.ChannelGather.INDEX)));
        }

        /** Whether every batch normalization has the same values for all copies of a channel. */
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
                Float earlier = first.putIfAbsent(sources[i], values[i]);
                if (earlier != null && earlier != values[i]) {
                    return false;
                }
            }
            return true;
        }

        Layer merge(Edit edit) {
            Layer x = edit.copyOf(source());
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
                        ? Arrays.stream(gathered(layer))
                                .mapToObj(List.of(rows)::get)
                                .toArray(double[][]::new)
                        : summed(rows, layer);
            }
            boolean biased = ((Op.Conv) conv.op()).bias();
            Op.Conv merged = new Op.Conv(channels, rows.length, Window.of(1), 1, biased);
            Map<String, NdArray> values = new LinkedHashMap<>();
            values.put("weight", new NdArray.Floats(merged.weight().dims(), floats(rows, 0, channels)));
            if (biased) {
                values.put("bias", new NdArray.Floats(List.of(rows.length), floats(rows, channels, channels + 1)));
            }
            return edit.add(conv.name(), merged, List.of(x), values);
        }

        /** The convolution as a matrix {@code [out, channels + 1]} over the source's channels and, last, a constant 1. */
        private double[][] grouped(int channels) {
            Op.Conv op = (Op.Conv) conv.op();
            int[] sources = sources(before.size());
            float[] weight = tensors.floats(conv.nameOf("weight"));
            int perGroup = op.inPerGroup();
            double[][] rows = new double[op.out()][channels + 1];
            for (int row = 0; row < op.out(); row++) {
                for (int k = 0; k < perGroup; k++) {
                    rows[row][sources[row / op.outPerGroup() * perGroup + k]] += weight[row * perGroup + k];
                }
                rows[row][channels] = op.bias() ? tensors.floats(conv.nameOf("bias"))[row] : 0;
            }
            return rows;
        }

        /** The rows after a channel matrix. */
        private double[][] summed(double[][] rows, Layer layer) {
            Op.ChannelMatrix matrix = (Op.ChannelMatrix) layer.op();
            float[] values = tensors.floats(layer.nameOf(Op.ChannelMatrix.INDEX));
            double[][] summed = new double[matrix.out()][rows[0].length];
            for (int in = 0; in < matrix.in(); in++) {
                for (int out = 0; out < matrix.out(); out++) {
                    double factor = values[in * matrix.out() + out];
                    for (int c = 0; factor != 0 && c < summed[out].length; c++) {
                        summed[out][c] += factor * rows[in][c];
                    }
                }
            }
            return summed;
        }

        /** A batch normalization's values for the channels of the source; any for a channel that is not gathered. */
        private Map<String, NdArray> spread(Layer norm, Op.BatchNorm op, int[] sources) {
            Map<String, NdArray> spread = new LinkedHashMap<>();
            for (Parameter p : op.parameters()) {
                if (p.integer()) {
                    spread.put(p.name(), tensors.get(norm.nameOf(p)));
                } else {
                    float[] values = new float[op.channels()];
                    Arrays.fill(values, p.name().equals("running_var") ? 1 : 0);
                    float[] gathered = tensors.floats(norm.nameOf(p));
                    for (int i = 0; i < sources.length; i++) {
                        values[sources[i]] = gathered[i];
                    }
                    spread.put(p.name(), new NdArray.Floats(p.dims(), values));
                }
            }
            return spread;
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
