package dev.kinglet.torch;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Tensors of a network in one vector, of which the network's become views, so that an operation on all of them is one on
 * the vector. The vector must be closed after the network.
 */
final class FlatParameters implements AutoCloseable {
    private static final int ALIGNMENT = 16; // floats; each view starts on a cache line

    private final List<Slice> slices = new ArrayList<>();
    private final Tensor values;

    /** Position of a tensor in the vector. */
    record Slice(StateEntry entry, long start) {
        /** This tensor's part of a vector, as a view of its dimensions, kernels channels last; in the innermost scope. */
        Tensor of(Tensor vector) {
            Parameter parameter = entry.parameter();
            List<Integer> dims = parameter.dims();
            Tensor part = vector.narrow(0, start, parameter.elements());
            return dims.size() == 4
                    ? part.view(dims.get(0), dims.get(2), dims.get(3), dims.get(1))
                            .permute(0, 3, 1, 2)
                    : part.view(dims.stream().mapToLong(Integer::longValue).toArray());
        }

        /** Where the next tensor begins. */
        private long end() {
            return (start + entry.parameter().elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
    }

    /** Moves these tensors of a network, in this order. */
    FlatParameters(TorchNetwork network, List<StateEntry> entries) {
        for (StateEntry entry : entries) {
            slices.add(new Slice(entry, length()));
        }
        try (PointerScope scope = new PointerScope()) {
            values = Blobs.keep(torch.zeros(length()));
            for (Slice slice : slices) {
                String name = slice.entry.name();
                Tensor view = slice.of(values).detach();
                view.copy_(network.tensors().get(name));
                network.replace(name, Blobs.keep(view));
            }
        }
    }

    /** The vector itself. */
    Tensor values() {
        return values;
    }

    List<Slice> slices() {
        return slices;
    }

    /** Elements of the vector, the gaps between tensors included. */
    long length() {
        return slices.isEmpty() ? 0 : slices.get(slices.size() - 1).end();
    }

    /** Elements of the vector before the first of so many tensors. */
    long start(int tensors) {
        return tensors < slices.size() ? slices.get(tensors).start : length();
    }

    /** A copy of each tensor's part of another vector of the same form, by the tensor's name, row-major. */
    Map<String, NdArray> split(Tensor vector) {
        Map<String, NdArray> copy = new LinkedHashMap<>();
        for (Slice slice : slices) {
            try (PointerScope scope = new PointerScope()) {
                float[] parts = Blobs.values(slice.of(vector));
                copy.put(
                        slice.entry.name(),
                        new NdArray.Floats(slice.entry.parameter().dims(), parts));
            }
        }
        return copy;
    }

    /**
     * Copies saved tensors over their parts of another vector of the same form.
     *
     * @param nameOf name among {@code saved}, by the tensor's name
     */
    void join(Tensors saved, UnaryOperator<String> nameOf, Tensor vector) {
        for (Slice slice : slices) {
            try (PointerScope scope = new PointerScope()) {
                long[] dims = slice.entry.parameter().dims().stream()
                        .mapToLong(Integer::longValue)
                        .toArray();
                slice.of(vector).copy_(Blobs.floats(saved.floats(nameOf.apply(slice.entry.name())), dims));
            }
        }
    }

    @Override
    public void close() {
        values.close();
    }
}
