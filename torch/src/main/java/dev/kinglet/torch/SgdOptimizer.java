package dev.kinglet.torch;

import dev.kinglet.network.NdArray;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.train.options.Sgd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@link Sgd} on the trained tensors of a network. They are moved into one vector, of which the network's tensors become
 * views, and so are their gradients: a step is a few operations on two vectors instead of a few on each tensor. The
 * tensors that weight decay acts on are at the front.
 */
final class SgdOptimizer implements AutoCloseable {
    private static final int ALIGNMENT = 16; // floats; each view starts on a cache line

    private final Sgd settings;
    private final List<Slice> slices = new ArrayList<>();
    private final long decayed; // elements at the front that weight decay acts on
    private final Tensor weights;
    private final Tensor gradients;
    private final Tensor velocity;

    /** Position of a trained tensor in the vectors. */
    private record Slice(StateEntry entry, long start) {
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
    }

    /** Moves the network's trained tensors; the network must be closed before this is. */
    SgdOptimizer(TorchNetwork network, Sgd settings) {
        this.settings = settings;
        List<StateEntry> trained = network.network().state().stream()
                .filter(entry -> entry.parameter().trained())
                .toList();
        long end = 0;
        for (StateEntry entry : trained) {
            if (decays(entry)) {
                end = place(entry, end);
            }
        }
        decayed = end;
        for (StateEntry entry : trained) {
            if (!decays(entry)) {
                end = place(entry, end);
            }
        }
        try (PointerScope scope = new PointerScope()) {
            weights = Blobs.keep(torch.zeros(end));
            gradients = Blobs.keep(torch.zeros(end));
            velocity = Blobs.keep(torch.zeros(end));
            for (Slice slice : slices) {
                String name = slice.entry.name();
                Tensor view = slice.of(weights).detach();
                view.copy_(network.tensors().get(name));
                view.set_requires_grad(true);
                view.mutable_grad().put(slice.of(gradients));
                network.replace(name, Blobs.keep(view));
            }
        }
    }

    private boolean decays(StateEntry entry) {
        return settings.decay() == Sgd.Decay.EVERYTHING
                || entry.parameter().dims().size() > 1;
    }

    private long place(StateEntry entry, long start) {
        slices.add(new Slice(entry, start));
        long end = start + entry.parameter().elements();
        return (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Sets gradients to zero, before a backward pass adds to them. */
    void clearGradients() {
        gradients.zero_();
    }

    /** Whether every gradient is finite. A sum over the vector is not finite if one of its elements is not. */
    boolean gradientsAreFinite() {
        try (PointerScope scope = new PointerScope()) {
            return Double.isFinite(gradients.sum().item_double());
        }
    }

    /** Moves the weights by the gradients. */
    void step(double learningRate) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard noGradients = new NoGradGuard()) {
            if (settings.weightDecay() > 0 && decayed > 0) {
                gradients.narrow(0, 0, decayed).add_(weights.narrow(0, 0, decayed), new Scalar(settings.weightDecay()));
            }
            velocity.mul_(new Scalar(settings.momentum())).add_(gradients);
            Tensor direction = switch (settings.kind()) {
                case CLASSIC -> velocity;
                case NESTEROV -> gradients.add_(velocity, new Scalar(settings.momentum()));
            };
            weights.add_(direction, new Scalar(-learningRate));
        }
    }

    /** A copy of the velocity of each trained tensor, by the tensor's name, row-major. */
    Map<String, NdArray> velocity() {
        Map<String, NdArray> copy = new LinkedHashMap<>();
        for (Slice slice : slices) {
            try (PointerScope scope = new PointerScope()) {
                float[] values = Blobs.values(slice.of(velocity));
                copy.put(
                        slice.entry.name(),
                        new NdArray.Floats(slice.entry.parameter().dims(), values));
            }
        }
        return copy;
    }

    /**
     * Copies saved velocities over the optimizer's own.
     *
     * @param nameOf name of a velocity among {@code saved}, by the tensor's name
     */
    void loadVelocity(Tensors saved, UnaryOperator<String> nameOf) {
        for (Slice slice : slices) {
            try (PointerScope scope = new PointerScope()) {
                long[] dims = slice.entry.parameter().dims().stream()
                        .mapToLong(Integer::longValue)
                        .toArray();
                slice.of(velocity).copy_(Blobs.floats(saved.floats(nameOf.apply(slice.entry.name())), dims));
            }
        }
    }

    @Override
    public void close() {
        weights.close();
        gradients.close();
        velocity.close();
    }
}
