package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Op;
import dev.kinglet.network.Padding;
import dev.kinglet.network.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass of a network in training mode, and its backward pass: reverse-mode differentiation over the network's
 * layers. The layers that take the time are differentiated here, so that gradients are summed and activation functions
 * undone in place, the parts of a concatenation stay where they are, and kernels' gradients are {@link KernelGradients}.
 * Each of the others is a small graph of libtorch's own. Owns tensors until closed. Not thread-safe.
 */
final class TrainingPass implements AutoCloseable {
    private static final BoolPointer ALL = mask(true, true, true); // of input, weight and bias
    private static final BoolPointer PARAMETERS = mask(false, true, true);
    private static final BoolPointer INPUT = mask(true, false, false);
    private static final BoolPointer WEIGHT = mask(false, true, false);
    private static final BoolPointer INPUT_AND_WEIGHT = mask(true, true, false);
    private static final Scalar ZERO = scalar(0);
    private static final Scalar SIX = scalar(6);

    private final TorchNetwork network;
    private final KernelGradients kernels;
    private final boolean[] trained; // by layer id: its output depends on a trained tensor
    private final boolean[] needed; // by layer id: its output is read by the backward pass
    private final Tensor[] outputs; // by layer id, as are the following
    private final Tensor[] gradients; // of the outputs
    private final boolean[] writable; // whether nothing else refers to the gradient
    private final @Nullable Derivative[] derivatives;
    private final Map<Layer, List<Waiting>> waiting = new HashMap<>(); // by their input

    /** What is left to do of a layer in the backward pass. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Derivative(Consumer<Tensor> rule, Tensor... kept) {
        /** Adds to the gradients of the layer's trained tensors and inputs. */
        void apply(Tensor gradient) {
            try (PointerScope scope = new PointerScope()) {
                rule.accept(gradient);
            }
        }

        void close() {
            for (Tensor tensor : kept) {
                tensor.close();
            }
        }
    }

    /** A pointwise convolution whose turn comes with the others of its input. */
    private record Waiting(Layer layer, Tensor gradient) {}

    private TrainingPass(TorchNetwork network, KernelGradients kernels) {
        this.network = network;
        this.kernels = kernels;
        int layers = network.network().layers().size();
        trained = trained(network);
        needed = needed(network);
        outputs = new Tensor[layers];
        gradients = new Tensor[layers];
        writable = new boolean[layers];
        derivatives = new Derivative[layers];
    }

    /** Runs the network on normalized images {@code [n, c, h, w]}. */
    static TrainingPass forward(TorchNetwork network, KernelGradients kernels, Tensor images) {
        TrainingPass pass = new TrainingPass(network, kernels);
        try {
            pass.forward(images);
            return pass;
        } catch (Throwable e) { // no memory is left, too
            pass.close();
            throw e;
        }
    }

    /** What {@link #convolutionBackward} is to calculate: the gradients of the input, the weight and the bias. */
    static BoolPointer mask(boolean first, boolean second, boolean third) {
        BoolPointer mask = new BoolPointer(3);
        mask.put(0, first).put(1, second).put(2, third);
        return (BoolPointer) mask.retainReference();
    }

    private static Scalar scalar(double value) {
        return (Scalar) new Scalar(value).retainReference();
    }

    private static boolean[] trained(TorchNetwork network) {
        boolean[] trained = new boolean[network.network().layers().size()];
        for (Layer layer : network.network().layers()) {
            trained[layer.id()] =
                    isTrained(network, layer) || layer.inputs().stream().anyMatch(input -> trained[input.id()]);
        }
        return trained;
    }

    private static boolean isTrained(TorchNetwork network, Layer layer) {
        for (Parameter parameter : layer.op().parameters()) {
            Tensor tensor = network.tensors().get(layer.nameOf(parameter));
            if (tensor != null && tensor.requires_grad()) {
                return true;
            }
        }
        return false;
    }

    private static boolean[] needed(TorchNetwork network) {
        boolean[] needed = new boolean[network.network().layers().size()];
        for (Layer layer : network.network().layers()) {
            Op op = layer.op();
            needed[layer.id()] |= op instanceof Op.Activation;
            if (op instanceof Op.Conv
                    || op instanceof Op.BatchNorm
                    || op instanceof Op.Activation
                    || op instanceof Op.Scale) {
                layer.inputs().forEach(input -> needed[input.id()] = true);
            }
        }
        return needed;
    }

    /** The logits {@code [n, classes]}, the pass's own. */
    Tensor logits() {
        return outputs[network.network().output().id()];
    }

    private void forward(Tensor images) {
        int[] lastReader = network.lastReaders();
        for (Layer layer : network.network().layers()) {
            try (PointerScope scope = new PointerScope()) {
                if (!trained[layer.id()]) {
                    withoutGradient(layer, images);
                } else if (layer.op() instanceof Op.Conv conv
                        && conv.window().padding().symmetric()) {
                    convolve(layer, conv, images);
                } else if (layer.op() instanceof Op.BatchNorm norm && !network.isFrozen(layer)) {
                    normalize(layer, norm);
                } else if (layer.op() instanceof Op.Activation activation) {
                    activate(layer, activation.function(), images);
                } else if (layer.op() instanceof Op.Scale) {
                    scale(layer, images);
                } else if (layer.op() instanceof Op.GlobalAverage) {
                    average(layer, images);
                } else if (layer.op() instanceof Op.Concat) {
                    concatenate(layer, images);
                } else if (layer.op() instanceof Op.Add && !network.hasStochasticDepth()) {
                    add(layer, images);
                } else {
                    differentiateByLibtorch(layer, images);
                }
            }
            for (Layer input : layer.inputs()) {
                if (lastReader[input.id()] == layer.id() && !needed[input.id()]) {
                    close(outputs, input);
                }
            }
        }
        network.countBatch();
    }

    private Tensor output(Layer layer) {
        return outputs[layer.id()];
    }

    private void withoutGradient(Layer layer, Tensor images) {
        try (NoGradGuard noGradients = new NoGradGuard()) {
            List<Tensor> in = layer.inputs().stream().map(this::output).toList();
            outputs[layer.id()] =
                    Blobs.keep(network.output(layer, in, images, TorchNetwork.Mode.TRAINING, OptionalDouble.empty()));
        }
    }

    /** Leaves a layer's rule for the backward pass, and the tensors that it needs. */
    private void derive(Layer layer, Consumer<Tensor> rule, Tensor... kept) {
        for (Tensor tensor : kept) {
            Blobs.keep(tensor);
        }
        derivatives[layer.id()] = new Derivative(rule, kept);
    }

    private void convolve(Layer layer, Op.Conv op, Tensor images) {
        NativeMemory.check();
        withoutGradient(layer, images);
        Tensor bias = network.tensors().get(layer.nameOf("bias"));
        derive(layer, gradient -> {
            if (bias != null && bias.requires_grad()) {
                bias.mutable_grad().add_(gradient.sum(0, 2, 3));
            }
            if (isPointwise(op)) {
                waiting.computeIfAbsent(layer.input(), input -> new ArrayList<>())
                        .add(new Waiting(layer, Blobs.keep(new Tensor(gradient))));
            } else {
                convolveBack(List.of(layer), op, gradient);
            }
        });
    }

    /** Whether a convolution is a matrix product of {@code [pixels, channels]}. */
    static boolean isPointwise(Op.Conv op) {
        return op.window().kernel() == 1
                && op.window().stride() == 1
                && op.window().padding().equals(Padding.of(0))
                && op.isDense();
    }

    /** Pointwise convolutions of the same input are one convolution: their gradients come from it, and go to it, once. */
    private void convolveBackPointwise(Layer input) {
        List<Waiting> together = waiting.remove(input);
        if (together == null) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor[] gradients = together.stream().map(Waiting::gradient).toArray(Tensor[]::new);
            Tensor gradient = gradients.length == 1 ? gradients[0] : torch.cat(new TensorVector(gradients), 1);
            List<Layer> layers = together.stream().map(Waiting::layer).toList();
            convolveBack(layers, (Op.Conv) layers.get(0).op(), gradient);
        } finally {
            together.forEach(one -> one.gradient.close());
        }
    }

    /**
     * The gradients of convolutions of the same input, of which the output's gradients stand one after the other.
     *
     * @param op of each, but for the number of outputs
     */
    private void convolveBack(List<Layer> layers, Op.Conv op, Tensor gradient) {
        NativeMemory.check();
        Layer input = layers.get(0).input();
        ScalarType given = output(input).scalar_type();
        ScalarType type = TorchNetwork.typeOf(op, given);
        Tensor x = output(input).to(type);
        List<Tensor> weights = layers.stream()
                .map(layer -> network.tensor(layer.nameOf("weight")))
                .toList();
        Tensor[] used = layers.stream()
                .map(layer -> network.withoutGradient(layer.nameOf("weight"), type))
                .toArray(Tensor[]::new);
        Tensor weight = used.length == 1 ? used[0] : torch.cat(new TensorVector(used), 0);
        boolean ofWeight = weights.stream().anyMatch(Tensor::requires_grad);
        boolean ofInput = trained[input.id()];
        Tensor converted = gradient.to(type);
        boolean later = ofWeight && kernels.takes(op, x, weights.size());
        if (later) {
            kernels.add(op, x, converted, weight, weights);
        }
        Tensor gradientOfInput = ofInput ? gradientOfInput(op, converted, x, weight) : null;
        boolean inputIsLeft = ofInput && gradientOfInput == null;
        boolean weightIsLeft = ofWeight && !later;
        if (inputIsLeft || weightIsLeft) {
            BoolPointer mask = !weightIsLeft ? INPUT : inputIsLeft ? INPUT_AND_WEIGHT : WEIGHT;
            T_TensorTensorTensor_T result = convolutionBackward(op, converted, x, weight, mask);
            if (inputIsLeft) {
                gradientOfInput = result.get0();
            }
            if (weightIsLeft) {
                addToKernels(weights, result.get1());
            }
        }
        if (gradientOfInput != null) {
            give(input, gradientOfInput.to(given), true);
        }
    }

    /** Where libtorch's way is slower or wrong; null elsewhere. */
    private static @Nullable Tensor gradientOfInput(Op.Conv op, Tensor gradient, Tensor x, Tensor weight) {
        if (isPointwise(op) && PointwiseProducts.areFaster(weight)) {
            return PointwiseProducts.gradientOfInput(gradient, weight);
        }
        return PointwisePieces.areNeeded(weight, op.groups())
                ? PointwisePieces.gradientOfInput(
                        x,
                        weight,
                        (part, of) -> convolutionBackward(op, gradient, part, of, INPUT)
                                .get0())
                : null;
    }

    /**
     * Adds to the gradients of kernels that are trained.
     *
     * @param gradient of all of them, one after the other
     */
    static void addToKernels(List<Tensor> kernels, Tensor gradient) {
        long start = 0;
        for (Tensor kernel : kernels) {
            if (kernel.requires_grad()) {
                kernel.mutable_grad().add_(gradient.narrow(0, start, kernel.size(0)));
            }
            start += kernel.size(0);
        }
    }

    /** Gradients of a convolution that a mask chooses, by libtorch; in the innermost scope. */
    static T_TensorTensorTensor_T convolutionBackward(
            Op.Conv op, Tensor gradient, Tensor x, Tensor weight, BoolPointer mask) {
        return torch.convolution_backward(
                gradient,
                x,
                weight,
                new LongArrayRefOptional(),
                new long[] {op.window().stride(), op.window().stride()},
                new long[] {op.window().padding().top(), op.window().padding().left()},
                new long[] {1, 1},
                false,
                new long[] {0, 0},
                op.groups(),
                mask);
    }

    private void normalize(Layer layer, Op.BatchNorm op) {
        Layer input = layer.input();
        Tensor x = output(input);
        TensorOptional weight = maybe(layer, "weight");
        TensorOptional mean = maybe(layer, "running_mean");
        TensorOptional variance = maybe(layer, "running_var");
        T_TensorTensorTensor_T result;
        try (NoGradGuard noGradients = new NoGradGuard()) {
            result = torch.native_batch_norm(
                    x, weight, maybe(layer, "bias"), mean, variance, true, op.momentum(), op.epsilon());
        }
        outputs[layer.id()] = Blobs.keep(new Tensor(result.get0()));
        Tensor batchMean = new Tensor(result.get1());
        Tensor inverseDeviation = new Tensor(result.get2());
        derive(
                layer,
                gradient -> {
                    boolean hand = trained[input.id()];
                    T_TensorTensorTensor_T back = torch.native_batch_norm_backward(
                            gradient.dim() == 4 ? gradient.contiguous(MemoryFormat.ChannelsLast) : gradient,
                            output(input),
                            maybe(layer, "weight"),
                            maybe(layer, "running_mean"),
                            maybe(layer, "running_var"),
                            new TensorOptional(batchMean),
                            new TensorOptional(inverseDeviation),
                            true,
                            op.epsilon(),
                            hand ? ALL : PARAMETERS);
                    addTo(layer, "weight", back.get1());
                    addTo(layer, "bias", back.get2());
                    if (hand) {
                        give(input, new Tensor(back.get0()), true);
                    }
                },
                batchMean,
                inverseDeviation);
    }

    private TensorOptional maybe(Layer layer, String parameter) {
        Tensor tensor = network.tensors().get(layer.nameOf(parameter));
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor.detach());
    }

    private void addTo(Layer layer, String parameter, Tensor gradient) {
        Tensor tensor = network.tensors().get(layer.nameOf(parameter));
        if (tensor != null && tensor.requires_grad()) {
            tensor.mutable_grad().add_(gradient);
        }
    }

    private void activate(Layer layer, Op.Activation.Function function, Tensor images) {
        withoutGradient(layer, images);
        derive(layer, gradient -> {
            // a part of a concatenation is copied first: few channels at a time are slow in bfloat16
            Tensor whole = gradient.dim() == 4 ? gradient.contiguous(MemoryFormat.ChannelsLast) : gradient;
            boolean inPlace = writable[layer.id()] || !whole.is_alias_of(gradient);
            Tensor result = inPlace
                    ? new Tensor(activationGradientInPlace(layer, function, whole))
                    : activationGradient(layer, function, whole);
            give(layer.input(), result, true);
        });
    }

    private Tensor activationGradient(Layer layer, Op.Activation.Function function, Tensor gradient) {
        return switch (function) {
            case RELU -> torch.threshold_backward(gradient, output(layer), ZERO);
            case RELU6 -> torch.hardtanh_backward(gradient, output(layer), ZERO, SIX);
            case SIGMOID -> torch.sigmoid_backward(gradient, output(layer));
            case HARD_SIGMOID -> torch.hardsigmoid_backward(gradient, output(layer.input()));
            case HARD_SWISH -> torch.hardswish_backward(gradient, output(layer.input()));
        };
    }

    private Tensor activationGradientInPlace(Layer layer, Op.Activation.Function function, Tensor gradient) {
        return switch (function) {
            case RELU -> torch.threshold_backward_out(gradient, gradient, output(layer), ZERO);
            case RELU6 -> torch.hardtanh_backward_out(gradient, gradient, output(layer), ZERO, SIX);
            case SIGMOID -> torch.sigmoid_backward_out(gradient, gradient, output(layer));
            case HARD_SIGMOID -> torch.hardsigmoid_backward_out(gradient, gradient, output(layer.input()));
            case HARD_SWISH -> torch.hardswish_backward_out(gradient, gradient, output(layer.input()));
        };
    }

    private void scale(Layer layer, Tensor images) {
        withoutGradient(layer, images);
        Layer input = layer.inputs().get(0);
        Layer factors = layer.inputs().get(1);
        derive(layer, gradient -> {
            Tensor factor = output(factors);
            if (trained[factors.id()]) {
                give(factors, gradient.mul(output(input)).sum(2, 3).view(factor.sizes()), true);
            }
            if (trained[input.id()]) {
                give(input, gradient.mul(factor.view(factor.size(0), factor.size(1), 1, 1)), true);
            }
        });
    }

    private void average(Layer layer, Tensor images) {
        withoutGradient(layer, images);
        Layer input = layer.input();
        Tensor x = output(input);
        long[] dims = {x.size(0), x.size(1), x.size(2), x.size(3)};
        derive(layer, gradient -> {
            Tensor each = gradient.mul(new Scalar(1.0 / (dims[2] * dims[3])));
            if (gradients[input.id()] != null && writable[input.id()]) {
                gradients[input.id()].add_(each);
            } else {
                give(input, each.expand(dims).contiguous(MemoryFormat.ChannelsLast), true);
            }
        });
    }

    private void concatenate(Layer layer, Tensor images) {
        withoutGradient(layer, images);
        List<Long> channels =
                layer.inputs().stream().map(input -> output(input).size(1)).toList();
        derive(layer, gradient -> {
            long start = 0;
            for (int i = 0; i < channels.size(); i++) {
                if (trained[layer.inputs().get(i).id()]) {
                    give(layer.inputs().get(i), gradient.narrow(1, start, channels.get(i)), writable[layer.id()]);
                }
                start += channels.get(i);
            }
        });
    }

    private void add(Layer layer, Tensor images) {
        withoutGradient(layer, images);
        derive(layer, gradient -> {
            for (Layer input : layer.inputs()) {
                if (trained[input.id()]) {
                    give(input, new Tensor(gradient), false);
                }
            }
        });
    }

    private void differentiateByLibtorch(Layer layer, Tensor images) {
        List<Tensor> in = new ArrayList<>();
        for (Layer input : layer.inputs()) {
            Tensor leaf = output(input).detach();
            leaf.set_requires_grad(trained[input.id()]);
            in.add(leaf);
        }
        Tensor y = network.output(layer, in, images, TorchNetwork.Mode.TRAINING, OptionalDouble.empty());
        outputs[layer.id()] = Blobs.keep(y.detach());
        List<Tensor> kept = new ArrayList<>(in);
        kept.add(y);
        derive(
                layer,
                gradient -> {
                    y.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
                    for (int i = 0; i < in.size(); i++) {
                        if (in.get(i).requires_grad()) {
                            give(layer.inputs().get(i), new Tensor(in.get(i).grad()), false);
                        }
                    }
                },
                kept.toArray(Tensor[]::new));
    }

    /**
     * Adds to the gradient of a layer's output.
     *
     * @param gradient in the innermost scope
     * @param exclusive whether nothing else refers to it
     */
    private void give(Layer layer, Tensor gradient, boolean exclusive) {
        int id = layer.id();
        if (gradients[id] == null) {
            gradients[id] = Blobs.keep(gradient);
            writable[id] = exclusive;
        } else if (writable[id]) {
            gradients[id].add_(gradient);
        } else {
            Tensor sum = exclusive ? gradient.add_(gradients[id]) : gradient.add(gradients[id]);
            gradients[id].close();
            gradients[id] = Blobs.keep(sum);
            writable[id] = true;
        }
    }

    /**
     * Adds to the gradients of all trained tensors.
     *
     * @param gradient of the logits, {@code [n, classes]}
     */
    void backward(Tensor gradient) {
        List<Layer> layers = network.network().layers();
        try (NoGradGuard noGradients = new NoGradGuard()) {
            give(network.network().output(), gradient.to(logits().scalar_type()), false);
            for (int id = layers.size() - 1; id >= 0; id--) {
                Layer layer = layers.get(id);
                convolveBackPointwise(layer);
                Derivative derivative = derivatives[id];
                if (gradients[id] != null && derivative != null) {
                    derivative.apply(gradients[id]);
                }
                release(layer);
            }
            kernels.finish();
        }
    }

    private void release(Layer layer) {
        close(outputs, layer);
        close(gradients, layer);
        Derivative derivative = derivatives[layer.id()];
        if (derivative != null) {
            derivative.close();
            derivatives[layer.id()] = null;
        }
    }

    @SuppressWarnings("NullAway") // what is released is null
    private static void close(Tensor[] tensors, Layer layer) {
        if (tensors[layer.id()] != null) {
            tensors[layer.id()].close();
            tensors[layer.id()] = null;
        }
    }

    @Override
    public void close() {
        waiting.values().forEach(layers -> layers.forEach(one -> one.gradient.close()));
        waiting.clear();
        network.network().layers().forEach(this::release);
    }
}
