package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a channel matrix that only reorders channels, with a single 1 in each row and each column, the selection that
 * it is.
 */
public final class MatricesToGathers implements Rewrite {
    /** The rewrite; it has no settings. */
    public MatricesToGathers() {}

    @Override
    public String name() {
        return "matrices-to-selections";
    }

    @Override
    public Model apply(Model model) {
        Map<Layer, long[]> orders = new HashMap<>();
        for (Layer layer : model.network().layers()) {
            long[] order = layer.op() instanceof Op.ChannelMatrix matrix
                    ? order(matrix, model.tensors().floats(layer.nameOf(Op.ChannelMatrix.INDEX)))
                    : null;
            if (order != null) {
                orders.put(layer, order);
            }
        }
        if (orders.isEmpty()) {
            return model;
        }
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            long[] order = orders.get(layer);
            if (order == null) {
                edit.keep(layer);
            } else {
                NdArray index = new NdArray.Longs(List.of(order.length), order);
                edit.replace(
                        layer, new Op.ChannelGather(order.length, order.length), Map.of(Op.ChannelGather.INDEX, index));
            }
        }
        return edit.model();
    }

    /** For each output the only input it has, if each input is the only one of one output; null otherwise. */
    private static long @Nullable [] order(Op.ChannelMatrix matrix, float[] index) {
        if (matrix.in() != matrix.out()) {
            return null;
        }
        long[] order = new long[matrix.out()];
        boolean[] taken = new boolean[matrix.out()];
        for (int in = 0; in < matrix.in(); in++) {
            int ones = 0;
            for (int out = 0; out < matrix.out(); out++) {
                float share = index[in * matrix.out() + out];
                if (share != 0) {
                    if (share != 1 || taken[out]) {
                        return null;
                    }
                    taken[out] = true;
                    order[out] = in;
                    ones++;
                }
            }
            if (ones != 1) {
                return null;
            }
        }
        return order;
    }
}
