package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Op.LearnedGroupConv.Pruned;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Converts every {@link LearnedGroupConv} that is pruned to its end into the ordinary grouped convolution that it has
 * learned to be. Where inputs were pruned, a channel gather before it reads the inputs that are left, and a shuffle after
 * it restores the interleaved groups; where outputs were pruned, a shuffle comes before it, and a channel matrix after it
 * adds its outputs up.
 *
 * <p>The layers before it must be batch normalization and an activation without other readers, as in CondenseNetV2: the
 * gather goes before both, and gathers the normalization's values too.
 */
final class ConvertLearnedGroups implements Rewrite {
    @Override
    public String name() {
        return Rewrites.CONVERT_LEARNED_GROUPS;
    }

    /**
     * The converted model.
     *
     * @throws IllegalArgumentException if a layer is not pruned to its end, or its mask has values other than 0 and 1;
     *     converted, it would be another network
     */
    @Override
    public Model apply(Model model) {
        int[] readers = model.network().readers();
        Changes changes = new Changes();
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof LearnedGroupConv op) {
                Unit unit = Unit.of(layer, op, model.tensors(), readers);
                Conversion conversion = new Conversion(unit, model.tensors());
                if (unit.gathers()) {
                    changes.at(unit.norm, conversion::gatherAndNormalize);
                    changes.at(layer, conversion::convolveAndShuffle);
                } else {
                    changes.at(layer, conversion::shuffleConvolveAndAdd);
                }
            }
        }
        if (changes.isEmpty()) {
            return model;
        }
        Edit edit = changes.edit(model);
        return edit.model(stateOrder(model.network(), edit));
    }

    /** The order of the source, with the index of a converted layer where its first tensor was. */
    private static List<String> stateOrder(Network source, Edit edit) {
        List<String> order = new ArrayList<>();
        for (StateEntry entry : source.state()) {
            boolean first = entry.parameter().name().equals(LearnedGroupConv.COUNT);
            String name = first ? entry.layer().nameOf(Op.ChannelGather.INDEX) : entry.name();
            if (edit.has(name)) {
                order.add(name);
            }
        }
        return order;
    }

    /** A learned group convolution, the batch normalization before it, and the connections that pruning left. */
    private static final class Unit {
        private final Layer norm;
        private final Layer conv;
        private final LearnedGroupConv op;
        private final int[][] kept; // by group: the channels of the pruned side it keeps, ascending

        private Unit(Layer norm, Layer conv, LearnedGroupConv op, int[][] kept) {
            this.norm = norm;
            this.conv = conv;
            this.op = op;
            this.kept = kept;
        }

        static Unit of(Layer conv, LearnedGroupConv op, Tensors tensors, int[] readers) {
            Layer activation = conv.input();
            boolean normalized = activation.op() instanceof Op.Activation
                    && readers[activation.id()] == 1
                    && activation.input().op() instanceof Op.BatchNorm
                    && readers[activation.input().id()] == 1;
            if (!normalized) {
                throw new IllegalArgumentException(
                        "'" + conv.name() + "' does not come after a batch normalization and an "
                                + "activation without other readers; it cannot be converted");
            }
            return new Unit(activation.input(), conv, op, kept(conv, op, tensors));
        }

        private static int[][] kept(Layer conv, LearnedGroupConv op, Tensors tensors) {
            float[] mask = tensors.floats(conv.nameOf(LearnedGroupConv.MASK));
            for (float value : mask) {
                if (value != 0 && value != 1) {
                    throw new IllegalArgumentException("the mask of '" + conv.name() + "' has the value " + value
                            + " besides 0 and 1, as in an average over several states of training; convert weights that"
                            + " were not averaged");
                }
            }
            int[][] kept = new int[op.groups()][Pruning.prunedSide(op) / op.condensation()];
            for (int group = 0; group < op.groups(); group++) {
                int count = 0;
                for (int channel = 0; channel < Pruning.prunedSide(op); channel++) {
                    int members = 0;
                    int[] positions = Pruning.positions(op, group, channel);
                    for (int position : positions) {
                        members += (int) mask[position];
                    }
                    if (members != 0 && members != positions.length) {
                        throw new IllegalArgumentException(
                                "the mask of '" + conv.name() + "' connects channel " + channel
                                        + " with a part of group " + group + " only; it is not one that pruning makes");
                    }
                    if (members != 0 && count < kept[group].length) {
                        kept[group][count] = channel;
                    }
                    count += members == 0 ? 0 : 1;
                }
                if (count != kept[group].length) {
                    float stage = tensors.floats(conv.nameOf(LearnedGroupConv.STAGE))[0];
                    throw new IllegalArgumentException("'" + conv.name() + "' is not pruned to its end: group " + group
                            + " has " + count + " channels left instead of " + kept[group].length + ", at stage "
                            + Math.round(stage) + " of " + (op.condensation() - 1)
                            + "; converted, it would be another network. Train it to the end of its schedule");
                }
            }
            return kept;
        }

        private boolean gathers() {
            return op.pruned() == Pruned.INPUTS;
        }

        /** Number of channels that all groups together keep. */
        private int width() {
            return op.groups() * kept[0].length;
        }

        /** The kept channels, group after group. */
        private long[] index() {
            return Arrays.stream(kept)
                    .flatMapToInt(Arrays::stream)
                    .asLongStream()
                    .toArray();
        }
    }

    /** The layers that take the place of one unit. */
    private record Conversion(Unit unit, Tensors tensors) {
        void gatherAndNormalize(Edit edit) {
            long[] index = unit.index();
            Layer gather = edit.add(
                    unit.conv.name(),
                    new Op.ChannelGather(unit.op.in(), index.length),
                    edit.inputs(unit.norm),
                    Map.of(Op.ChannelGather.INDEX, new NdArray.Longs(List.of(index.length), index)));
            Op.BatchNorm norm = (Op.BatchNorm) unit.norm.op();
            Map<String, NdArray> values = edit.tensors(unit.norm);
            values.replaceAll((name, array) -> array instanceof NdArray.Floats all ? gather(all, index) : array);
            Op.BatchNorm op = new Op.BatchNorm(index.length, norm.epsilon(), norm.momentum());
            edit.substitute(unit.norm, edit.add(unit.norm.name(), op, List.of(gather), values));
        }

        private static NdArray gather(NdArray.Floats all, long[] index) {
            float[] values = new float[index.length];
            for (int i = 0; i < index.length; i++) {
                values[i] = all.values()[(int) index[i]];
            }
            return new NdArray.Floats(List.of(index.length), values);
        }

        /** Group {@code g} of the grouped convolution has the outputs {@code g, g + groups, ...} of the learned one. */
        void convolveAndShuffle(Edit edit) {
            LearnedGroupConv op = unit.op;
            int inputs = unit.kept[0].length;
            int outputs = op.out() / op.groups();
            float[] learned = tensors.floats(unit.conv.nameOf(LearnedGroupConv.WEIGHT));
            float[] weight = new float[op.out() * inputs];
            for (int group = 0; group < op.groups(); group++) {
                for (int k = 0; k < outputs; k++) {
                    for (int i = 0; i < inputs; i++) {
                        weight[(group * outputs + k) * inputs + i] =
                                learned[(k * op.groups() + group) * op.in() + unit.kept[group][i]];
                    }
                }
            }
            Layer conv = conv(edit, unit.width(), op.out(), weight, edit.inputs(unit.conv));
            edit.substitute(
                    unit.conv,
                    edit.add(unit.conv.name() + ".shuffle", new Op.Shuffle(op.groups()), List.of(conv), Map.of()));
        }

        /** Group {@code g} of the grouped convolution reads the inputs {@code g, g + groups, ...} of the learned one. */
        void shuffleConvolveAndAdd(Edit edit) {
            LearnedGroupConv op = unit.op;
            int inputs = op.in() / op.groups();
            float[] learned = tensors.floats(unit.conv.nameOf(LearnedGroupConv.WEIGHT));
            int width = unit.width();
            float[] weight = new float[width * inputs];
            float[] matrix = new float[Math.multiplyExact(width, op.out())];
            int row = 0;
            for (int group = 0; group < op.groups(); group++) {
                for (int out : unit.kept[group]) {
                    for (int k = 0; k < inputs; k++) {
                        weight[row * inputs + k] = learned[out * op.in() + k * op.groups() + group];
                    }
                    matrix[row * op.out() + out] = 1;
                    row++;
                }
            }
            Layer shuffled =
                    edit.add(unit.conv.name() + ".shuffle", new Op.Shuffle(inputs), edit.inputs(unit.conv), Map.of());
            Layer conv = conv(edit, op.in(), width, weight, List.of(shuffled));
            NdArray values = new NdArray.Floats(List.of(width, op.out()), matrix);
            edit.substitute(
                    unit.conv,
                    edit.add(
                            unit.conv.name(),
                            new Op.ChannelMatrix(width, op.out()),
                            List.of(conv),
                            Map.of(Op.ChannelMatrix.INDEX, values)));
        }

        private Layer conv(Edit edit, int in, int out, float[] weight, List<Layer> inputs) {
            Op.Conv op = new Op.Conv(in, out, Window.of(1), unit.op.groups(), false);
            NdArray values = new NdArray.Floats(op.weight().dims(), weight);
            return edit.add(unit.conv.name() + ".conv", op, inputs, Map.of("weight", values));
        }
    }
}
