package dev.kinglet.network.rewrite;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Moves depthwise convolutions that make an image smaller in front of the concatenation they read: each part gets its own
 * kernels, and what is then copied together is a quarter as large (a stride of 2), or less. A rectifier behind goes along,
 * for runtimes do it in passing.
 */
public final class DepthwiseBeforeConcats implements Rewrite {
    /** The rewrite; it has no settings. */
    public DepthwiseBeforeConcats() {}

    @Override
    public String name() {
        return "depthwise-before-concats";
    }

    @Override
    public Model apply(Model model) {
        List<Move> moves = moves(model.network());
        if (moves.isEmpty()) {
            return model;
        }
        Map<Layer, Move> last = moves.stream().collect(Collectors.toMap(Move::last, move -> move));
        Set<Layer> others = moves.stream().flatMap(Move::others).collect(Collectors.toSet());
        Edit edit = new Edit(model);
        for (Layer layer : model.network().layers()) {
            Move move = last.get(layer);
            if (move != null) {
                move.make(model.tensors(), edit);
            } else if (!others.contains(layer)) {
                edit.keep(layer);
            }
        }
        return edit.model();
    }

    private static List<Move> moves(Network network) {
        int[] readers = network.readers();
        Map<Layer, Layer> rectifiers = new HashMap<>(); // by what they alone read
        for (Layer layer : network.layers()) {
            if (isRectifier(layer.op()) && readers[layer.input().id()] == 1) {
                rectifiers.put(layer.input(), layer);
            }
        }
        return network.layers().stream()
                .filter(layer -> layer.op() instanceof Op.Conv conv
                        && conv.groups() == conv.in()
                        && conv.window().stride() > 1
                        && layer.input().op() instanceof Op.Concat
                        && readers[layer.input().id()] == 1)
                .map(layer -> new Move(layer, Optional.ofNullable(rectifiers.get(layer))))
                .toList();
    }

    private static boolean isRectifier(Op op) {
        return op instanceof Op.Activation activation
                && (activation.function() == Function.RELU || activation.function() == Function.RELU6);
    }

    /** A convolution that alone reads a concatenation, and the rectifier that alone reads it, if there is one. */
    private record Move(Layer conv, Optional<Layer> rectifier) {
        Layer concat() {
            return conv.input();
        }

        Layer last() {
            return rectifier.orElse(conv);
        }

        /** Those whose place is taken, besides the last. */
        Stream<Layer> others() {
            return rectifier.isPresent() ? Stream.of(concat(), conv) : Stream.of(concat());
        }

        void make(Tensors tensors, Edit edit) {
            List<Layer> parts = new ArrayList<>();
            int start = 0;
            for (Layer input : concat().inputs()) {
                int end = start + input.shape().channels();
                String suffix = "." + parts.size();
                Op.Conv op = part(start, end);
                Layer part = edit.add(
                        conv.name() + suffix, op, List.of(edit.moved(input)), kernels(op, tensors, start, end));
                parts.add(
                        rectifier.isPresent()
                                ? edit.add(last().name() + suffix, last().op(), List.of(part), Map.of())
                                : part);
                start = end;
            }
            edit.move(last(), edit.add(concat().name(), new Op.Concat(), parts, Map.of()));
        }

        /** The convolution of the channels from {@code start} to before {@code end}. */
        private Op.Conv part(int start, int end) {
            Op.Conv all = (Op.Conv) conv.op();
            int in = end - start;
            return new Op.Conv(in, all.out() / all.in() * in, all.window(), in, all.bias());
        }

        private Map<String, NdArray> kernels(Op.Conv part, Tensors tensors, int start, int end) {
            Map<String, NdArray> own = new LinkedHashMap<>();
            for (Parameter p : part.parameters()) {
                float[] all = tensors.floats(conv.nameOf(p));
                int each = all.length / concat().shape().channels(); // elements of a channel
                own.put(p.name(), new NdArray.Floats(p.dims(), Arrays.copyOfRange(all, start * each, end * each)));
            }
            return own;
        }
    }
}
