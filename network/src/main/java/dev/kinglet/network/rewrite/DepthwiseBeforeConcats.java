package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Moves depthwise convolutions that make an image smaller before the concatenation they read: each part gets its own
 * kernels, and what is then concatenated is a quarter as large (at a stride of 2), or less. A ReLU after the convolution
 * moves along, for runtimes fuse it.
 */
final class DepthwiseBeforeConcats implements LayerwiseRewrite {
    @Override
    public String name() {
        return Rewrites.DEPTHWISE_BEFORE_CONCATS;
    }

    @Override
    public void plan(Model model, Changes changes) {
        for (Move move : moves(model.network())) {
            changes.leaveOut(move.concat());
            changes.leaveOut(move.conv);
            changes.at(move.last(), edit -> move.make(model.tensors(), edit));
        }
    }

    private static List<Move> moves(Network network) {
        int[] readers = network.readers();
        Map<Layer, Layer> relus = new HashMap<>(); // by the layer whose only reader they are
        for (Layer layer : network.layers()) {
            if (isRelu(layer.op()) && readers[layer.input().id()] == 1) {
                relus.put(layer.input(), layer);
            }
        }
        return network.layers().stream()
                .filter(layer -> layer.op() instanceof Op.Conv conv
                        && conv.isDepthwise()
                        && conv.window().stride() > 1
                        && layer.input().op() instanceof Op.Concat
                        && readers[layer.input().id()] == 1)
                .map(layer -> new Move(layer, Optional.ofNullable(relus.get(layer))))
                .toList();
    }

    private static boolean isRelu(Op op) {
        return op instanceof Op.Activation activation
                && switch (activation.function()) {
                    case RELU, RELU6 -> true;
                    case SIGMOID, HARD_SIGMOID, HARD_SWISH -> false;
                };
    }

    /** A convolution that is a concatenation's only reader, and the ReLU that is its own only reader, if there is one. */
    private record Move(Layer conv, Optional<Layer> relu) {
        Layer concat() {
            return conv.input();
        }

        Layer last() {
            return relu.orElse(conv);
        }

        void make(Tensors tensors, Edit edit) {
            List<Layer> parts = new ArrayList<>();
            int start = 0;
            for (Layer input : concat().inputs()) {
                int end = start + input.shape().channels();
                String suffix = "." + parts.size();
                Op.Conv op = part(end - start);
                Layer part = edit.add(
                        conv.name() + suffix, op, List.of(edit.copyOf(input)), kernels(op, tensors, start, end));
                parts.add(
                        relu.isPresent()
                                ? edit.add(last().name() + suffix, last().op(), List.of(part), Map.of())
                                : part);
                start = end;
            }
            edit.substitute(last(), edit.add(concat().name(), new Op.Concat(), parts, Map.of()));
        }

        /** The convolution of one part of the channels. */
        private Op.Conv part(int channels) {
            Op.Conv all = (Op.Conv) conv.op();
            return new Op.Conv(channels, channels, all.window(), channels, all.bias());
        }

        /** The tensors of the channels from {@code start} to before {@code end}. */
        private Map<String, NdArray> kernels(Op.Conv part, Tensors tensors, int start, int end) {
            Map<String, NdArray> values = new LinkedHashMap<>();
            for (Parameter p : part.parameters()) {
                float[] all = tensors.floats(conv.nameOf(p));
                int perChannel = all.length / concat().shape().channels();
                values.put(
                        p.name(),
                        new NdArray.Floats(p.dims(), Arrays.copyOfRange(all, start * perChannel, end * perChannel)));
            }
            return values;
        }
    }
}
