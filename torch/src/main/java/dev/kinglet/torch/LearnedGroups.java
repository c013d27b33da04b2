package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Op.LearnedGroupConv.Pruned;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The learned group convolutions of a network in training: their pruning and their group lasso. */
final class LearnedGroups {
    private static final double SMALLEST_SQUARE = 1e-6; // the root's slope is infinite at 0

    private final TorchNetwork network;
    private final List<Layer> layers;

    LearnedGroups(TorchNetwork network) {
        this.network = network;
        layers = network.network().layers().stream()
                .filter(layer -> layer.op() instanceof LearnedGroupConv)
                .toList();
    }

    /**
     * Prunes what is due at {@code progress}.
     *
     * @return whether anything was
     */
    boolean prune(double progress) {
        boolean pruned = false;
        for (Layer layer : layers) {
            if (stage(layer) < Pruning.stage((LearnedGroupConv) layer.op(), progress)) {
                advance(layer, progress);
                pruned = true;
            }
        }
        return pruned;
    }

    private void advance(Layer layer, double progress) {
        Map<String, NdArray> values = new LinkedHashMap<>();
        for (Parameter p : layer.op().parameters()) {
            values.put(layer.nameOf(p), network.value(new StateEntry(layer.nameOf(p), layer, p)));
        }
        Map<String, NdArray> changed = Pruning.advance(layer, new Tensors(values), progress);
        for (Parameter p : layer.op().parameters()) {
            NdArray value = changed.get(layer.nameOf(p));
            if (value != null) {
                network.load(new StateEntry(layer.nameOf(p), layer, p), value);
            }
        }
    }

    private float stage(Layer layer) {
        return network.tensor(layer.nameOf(LearnedGroupConv.STAGE)).item_float();
    }

    /**
     * Group lasso: over all layers that will still be pruned, the sum of the L2 norms of the weights of each group and
     * channel.
     *
     * @return a scalar in the innermost scope
     */
    Tensor lasso() {
        Tensor sum = torch.zeros(1);
        for (Layer layer : layers) {
            LearnedGroupConv op = (LearnedGroupConv) layer.op();
            if (!Pruning.finished(op, stage(layer))) {
                Tensor kept = network.tensor(layer.nameOf(LearnedGroupConv.WEIGHT))
                        .mul(network.tensor(layer.nameOf(LearnedGroupConv.MASK)));
                boolean inputs = op.pruned() == Pruned.INPUTS;
                Tensor grouped = inputs
                        ? kept.reshape(op.out() / op.groups(), op.groups(), op.in())
                        : kept.reshape(op.out(), op.in() / op.groups(), op.groups());
                Tensor squares = grouped.square().sum(inputs ? 0 : 1);
                sum = sum.add(
                        squares.clamp_min(new Scalar(SMALLEST_SQUARE)).sqrt().sum());
            }
        }
        return sum.squeeze();
    }
}
