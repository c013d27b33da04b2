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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes of every {@link LearnedGroupConv} that is pruned to its end what it has learned to be: an ordinary convolution in
 * groups, with a selection of channels before it or a matrix that adds them up after it, and a shuffle that brings the
 * interleaved groups into a row.
 *
 * <p>The layers before it must be batch normalization and an activation, which nobody else reads, as in CondenseNetV2:
 * a selection goes before both, and takes the normalization's values with it.
 */
public final class ConvertLearnedGroups implements Rewrite {
    /** The rewrite; it has no settings. */
    public ConvertLearnedGroups() {}

    @Override
    public String name() {
        return "convert-learned-groups";
    }

    /**
     * @throws IllegalArgumentException if a layer is not pruned to its end, or its mask is not of zeros and ones only;
     *     converted, it would be another network
     */
    @Override
    public Model apply(Model model) {
        Network network = model.network();
        Map<Layer, Unit> units = new HashMap<>(); // by both of its ends: the normalization and the convolution
        int[] readers = network.readers();
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof LearnedGroupConv op) {
                Unit unit = Unit.of(layer, op, model.tensors(), readers);
                units.put(unit.norm, unit);
                units.put(layer, unit);
            }
        }
        return units.isEmpty() ? model : new Conversion(model).of(units);
    }

    /** A learned group convolution with the normalization before it, and what is left of it: who is connected to whom. */
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
            boolean plain = activation.op() instanceof Op.Activation
                    && readers[activation.id()] == 1
                    && activation.input().op() instanceof Op.BatchNorm
                    && readers[activation.input().id()] == 1;
            if (!plain) {
                throw new IllegalArgumentException(
                        "'" + conv.name() + "' does not come after a batch normalization and an "
                                + "activation of its own; it cannot be converted");
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
                int found = 0;
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
                    if (members != 0 && found < kept[group].length) {
                        kept[group][found] = channel;
                    }
                    found += members == 0 ? 0 : 1;
                }
                if (found != kept[group].length) {
                    float stage = tensors.floats(conv.nameOf(LearnedGroupConv.STAGE))[0];
                    throw new IllegalArgumentException("'" + conv.name() + "' is not pruned to its end: group " + group
                            + " has " + found + " channels left instead of " + kept[group].length + ", at stage "
                            + Math.round(stage) + " of " + (op.condensation() - 1)
                            + "; converted, it would be another network. Train it to the end of its schedule");
                }
            }
            return kept;
        }

        private boolean selects() {
            return op.pruned() == Pruned.INPUTS;
        }

        /** Channels all groups together keep. */
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

    /** Makes the converted layers. */
    private static final class Conversion {
        private final Model source;
        private final Edit edit;

        Conversion(Model source) {
            this.source = source;
            edit = new Edit(source);
        }

        Model of(Map<Layer, Unit> units) {
            for (Layer layer : source.network().layers()) {
                Unit unit = units.get(layer);
                if (unit == null || (layer.equals(unit.norm) && !unit.selects())) {
                    edit.keep(layer);
                } else if (layer.equals(unit.norm)) {
                    selectAndNormalize(unit);
                } else {
                    edit.move(layer, unit.selects() ? convolveAndShuffle(unit) : shuffleConvolveAndAdd(unit));
                }
            }
            return edit.model(stateOrder());
        }

        /** As before, with the index of a converted layer where its first tensor was. */
        private List<String> stateOrder() {
            List<String> order = new ArrayList<>();
            for (StateEntry entry : source.network().state()) {
                boolean first = entry.parameter().name().equals(LearnedGroupConv.COUNT);
                String name = first ? entry.layer().nameOf(Op.ChannelGather.INDEX) : entry.name();
                if (edit.has(name)) {
                    order.add(name);
                }
            }
            return order;
        }

        private void selectAndNormalize(Unit unit) {
            long[] index = unit.index();
            Layer select = edit.add(
                    unit.conv.name(),
                    new Op.ChannelGather(unit.op.in(), index.length),
                    edit.inputs(unit.norm),
                    Map.of(Op.ChannelGather.INDEX, new NdArray.Longs(List.of(index.length), index)));
            Op.BatchNorm norm = (Op.BatchNorm) unit.norm.op();
            Map<String, NdArray> selected = new HashMap<>(edit.own(unit.norm));
            selected.replaceAll((name, array) -> array instanceof NdArray.Floats all ? select(all, index) : array);
            Op.BatchNorm op = new Op.BatchNorm(index.length, norm.epsilon(), norm.momentum());
            edit.move(unit.norm, edit.add(unit.norm.name(), op, List.of(select), selected));
        }

        private static NdArray select(NdArray.Floats all, long[] index) {
            float[] selected = new float[index.length];
            for (int i = 0; i < index.length; i++) {
                selected[i] = all.values()[(int) index[i]];
            }
            return new NdArray.Floats(List.of(index.length), selected);
        }

        /** Group {@code g} of the plain convolution makes the outputs {@code g, g + groups, ...} of the learned one. */
        private Layer convolveAndShuffle(Unit unit) {
            LearnedGroupConv op = unit.op;
            int inputs = unit.kept[0].length;
            int outputs = op.out() / op.groups();
            float[] learned = source.tensors().floats(unit.conv.nameOf(LearnedGroupConv.WEIGHT));
            float[] weight = new float[op.out() * inputs];
            for (int group = 0; group < op.groups(); group++) {
                for (int k = 0; k < outputs; k++) {
                    for (int i = 0; i < inputs; i++) {
                        weight[(group * outputs + k) * inputs + i] =
                                learned[(k * op.groups() + group) * op.in() + unit.kept[group][i]];
                    }
                }
            }
            Layer conv = conv(unit, unit.width(), op.out(), weight, edit.inputs(unit.conv));
            return edit.add(unit.conv.name() + ".shuffle", new Op.Shuffle(op.groups()), List.of(conv), Map.of());
        }

        /** Group {@code g} of the plain convolution reads the inputs {@code g, g + groups, ...} of the learned one. */
        private Layer shuffleConvolveAndAdd(Unit unit) {
            LearnedGroupConv op = unit.op;
            int inputs = op.in() / op.groups();
            float[] learned = source.tensors().floats(unit.conv.nameOf(LearnedGroupConv.WEIGHT));
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
            Layer conv = conv(unit, op.in(), width, weight, List.of(shuffled));
            return edit.add(
                    unit.conv.name(),
                    new Op.ChannelMatrix(width, op.out()),
                    List.of(conv),
                    Map.of(Op.ChannelMatrix.INDEX, new NdArray.Floats(List.of(width, op.out()), matrix)));
        }

        private Layer conv(Unit unit, int in, int out, float[] weight, List<Layer> inputs) {
            Op.Conv op = new Op.Conv(in, out, Window.of(1), unit.op.groups(), false);
            NdArray values = new NdArray.Floats(op.parameters().get(0).dims(), weight);
            return edit.add(unit.conv.name() + ".conv", op, inputs, Map.of("weight", values));
        }
    }
}
