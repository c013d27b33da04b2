package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Op;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns each channel matrix that is a permutation, with a single 1 in each row and column, into a channel gather. */
final class MatricesToGathers implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.MATRICES_TO_GATHERS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Layer layer : model.network().layers()) {
            if (layer.op() instanceof Op.ChannelMatrix matrix) {
                permutation(matrix, model.tensors().floats(layer.nameOf(Op.ChannelMatrix.INDEX)))
                        .ifPresent(index -> changes.replace(
                                layer,
                                new Op.ChannelGather(matrix.in(), matrix.out()),
                                Map.of(Op.ChannelGather.INDEX, new NdArray.Longs(List.of(index.length), index))));
            }
        }
    }

    /** For each output its input, if the matrix {@code [in, out]} is a permutation. */
    private static Optional<long[]> permutation(Op.ChannelMatrix matrix, float[] values) {
        if (matrix.in() != matrix.out()) {
            return Optional.empty();
        }
        long[] inputOf = new long[matrix.out()];
        boolean[] hasInput = new boolean[matrix.out()];
        for (int in = 0; in < matrix.in(); in++) {
            int ones = 0;
            for (int out = 0; out < matrix.out(); out++) {
                float value = values[in * matrix.out() + out];
                if (value != 0) {
                    if (value != 1 || hasInput[out]) {
                        return Optional.empty();
                    }
                    hasInput[out] = true;
                    inputOf[out] = in;
                    ones++;
                }
            }
            if (ones != 1) {
                return Optional.empty();
            }
        }
        return Optional.of(inputOf);
    }
}
