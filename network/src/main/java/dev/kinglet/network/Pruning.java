package dev.kinglet.network;

import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Op.LearnedGroupConv.Pruned;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Pruning schedule of {@link LearnedGroupConv} layers during training (Huang et al., CondenseNet, 2018, section 4.1).
 *
 * <p>With condensation C there are C - 1 stages, all in the first half of training. At each, every group loses one C-th of
 * its channels: those whose weights have the smallest sum of magnitudes. In the second half the layer trains with the
 * channels that are left.
 *
 * <p>Unlike the authors' schedule this one always reaches its last stage: a stage without a step is made up for at the next
 * step, and in the second half the last stage is due, however few steps there are.
 */
public final class Pruning {
    private Pruning() {}

    /**
     * The stage that a layer must have reached.
     *
     * @param progress fraction of the training that is done, in [0, 1]
     */
    public static int stage(LearnedGroupConv op, double progress) {
        int last = op.condensation() - 1;
        for (int stage = 0; stage < last; stage++) {
            if (2 * progress < (stage + 1) / (double) last) {
                return stage;
            }
        }
        return last;
    }

    /**
     * The fraction of the training that is done before a step; 1 at the last step, so that all stages are due even if it is
     * the only one.
     *
     * @param step index of the step, from 0
     * @param steps number of all steps
     */
    public static double progress(long step, long steps) {
        return step == steps - 1 ? 1 : (double) step / steps;
    }

    /** Whether a layer is at its last stage and will not be pruned any more. */
    public static boolean finished(LearnedGroupConv op, float stage) {
        return stage >= op.condensation() - 1;
    }

    /** The tensors after all pruning that is due at {@code progress}. */
    public static Tensors advance(Network network, Tensors tensors, double progress) {
        Map<String, NdArray> advanced = new LinkedHashMap<>(tensors.asMap());
        for (Layer layer : network.layers()) {
            if (layer.op() instanceof LearnedGroupConv) {
                advanced.putAll(advance(layer, tensors, progress));
            }
        }
        return new Tensors(advanced);
    }

    /**
     * The pruning of one layer: its new mask, stage and count by qualified name; empty if none is due.
     *
     * @param layer whose op is a {@link LearnedGroupConv}
     * @param tensors that have at least the layer's own
     */
    public static Map<String, NdArray> advance(Layer layer, Tensors tensors, double progress) {
        LearnedGroupConv op = (LearnedGroupConv) layer.op();
        int due = stage(op, progress);
        int stage = Math.round(tensors.floats(layer.nameOf(LearnedGroupConv.STAGE))[0]);
        if (stage >= due) {
            return Map.of();
        }
        int lost = prunedSide(op) / op.condensation() * (due - stage);
        float[] weight = tensors.floats(layer.nameOf(LearnedGroupConv.WEIGHT));
        float[] mask = tensors.floats(layer.nameOf(LearnedGroupConv.MASK)).clone();
        for (int group = 0; group < op.groups(); group++) {
            for (int channel : weakest(op, group, weight, mask, lost)) {
                for (int position : positions(op, group, channel)) {
                    mask[position] = 0;
                }
            }
        }
        float count = tensors.floats(layer.nameOf(LearnedGroupConv.COUNT))[0] + lost;
        return Map.of(
                layer.nameOf(LearnedGroupConv.MASK),
                new NdArray.Floats(List.of(op.out(), op.in(), 1, 1), mask),
                layer.nameOf(LearnedGroupConv.STAGE),
                NdArray.Floats.filled(List.of(1), due),
                layer.nameOf(LearnedGroupConv.COUNT),
                NdArray.Floats.filled(List.of(1), count));
    }

    /** Of the channels that a group still has, those with the smallest sum of magnitudes. */
    private static List<Integer> weakest(LearnedGroupConv op, int group, float[] weight, float[] mask, int wanted) {
        double[] strength = new double[prunedSide(op)];
        Arrays.setAll(
                strength,
                channel -> Arrays.stream(positions(op, group, channel))
                        .mapToDouble(position -> Math.abs(weight[position]))
                        .sum());
        return IntStream.range(0, strength.length)
                .filter(channel -> mask[positions(op, group, channel)[0]] != 0)
                .boxed()
                .sorted(Comparator.comparingDouble(channel -> strength[channel])) // stable: ties keep their order
                .limit(wanted)
                .toList();
    }

    /** Number of channels on the side that is pruned. */
    public static int prunedSide(LearnedGroupConv op) {
        return op.pruned() == Pruned.INPUTS ? op.in() : op.out();
    }

    /** Positions of one group and one channel of the pruned side, in the weight and in the mask. */
    public static int[] positions(LearnedGroupConv op, int group, int channel) {
        boolean inputs = op.pruned() == Pruned.INPUTS;
        int members = (inputs ? op.out() : op.in()) / op.groups();
        return IntStream.range(0, members)
                .map(member -> member * op.groups() + group)
                .map(grouped -> inputs ? grouped * op.in() + channel : channel * op.in() + grouped)
                .toArray();
    }
}
