package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Padding;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A network bound to libtorch tensors. It owns its tensors until closed. An activation lives from the layer that computes
 * it to the last layer that reads it (libtorch itself keeps what gradients need). Not thread-safe.
 */
final class TorchNetwork implements AutoCloseable {
    private final Network network;
    private @Nullable KernelCopies copies; // null: kernels are converted one by one
    private final Map<String, Tensor> tensors = new LinkedHashMap<>(); // float state by qualified name
    private final Map<String, Long> counters = new LinkedHashMap<>(); // by qualified name
    private final Map<String, Index> indexes = new LinkedHashMap<>(); // by qualified name
    private final Layer head;
    private final int[] lastReader; // by layer id
    private final boolean[] frozen; // by layer id: normalization stays as it is while others are trained
    private final boolean[] overwritable; // by layer id: an activation function may be applied in place

    private OptionalDouble dropout = OptionalDouble.empty();
    private boolean addsDropout; // before the head
    private @Nullable StochasticDepth stochasticDepth;

    /** Channel positions on the Java side and as a libtorch tensor. */
    private record Index(NdArray.Longs values, Tensor tensor) {}

    /** Copies the values; kernels are stored channels last. */
    TorchNetwork(Network network, Tensors values) {
        this.network = network;
        head = network.head();
        lastReader = network.lastReaders();
        frozen = new boolean[network.layers().size()];
        overwritable = overwritable(network);
        for (StateEntry entry : network.state()) {
            if (entry.parameter().integer()) {
                loadIntegers(entry, (NdArray.Longs) values.get(entry.name()));
                continue;
            }
            try (PointerScope scope = new PointerScope()) {
                Tensor tensor = Blobs.floats(values.floats(entry.name()), dims(entry.parameter()));
                tensors.put(
                        entry.name(),
                        Blobs.keep(tensor.dim() == 4 ? tensor.contiguous(MemoryFormat.ChannelsLast) : tensor));
            }
        }
    }

    private void loadIntegers(StateEntry entry, NdArray.Longs values) {
        if (entry.parameter().role() == Parameter.Role.COUNTER) {
            counters.put(entry.name(), values.values()[0]);
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            Index old = indexes.put(entry.name(), new Index(values, Blobs.keep(Blobs.longs(values.values()))));
            if (old != null) {
                old.tensor().close();
            }
        }
    }

    private static long[] dims(Parameter parameter) {
        return parameter.dims().stream().mapToLong(Integer::longValue).toArray();
    }

    /** How batch normalization and dropout act. */
    enum Mode {
        /** Normalization by the running statistics, no dropout. */
        EVALUATION,
        /** Normalization by those of the batch, which the running ones follow; dropout. */
        TRAINING,
        /** Normalization by those of the batch, no dropout. */
        ESTIMATION
    }

    /** Leaves a layer's running statistics as they are from now on, in every mode. */
    void freeze(Layer layer) {
        frozen[layer.id()] = true;
    }

    /**
     * Regularizes the network in training mode from now on.
     *
     * @param dropout probability of every dropout, in a network without any of one before the head; empty: the network's own
     * @param dropPath of {@link StochasticDepth}; 0: none
     */
    void regularize(OptionalDouble dropout, double dropPath) {
        this.dropout = dropout;
        this.stochasticDepth = dropPath > 0 ? new StochasticDepth(network, dropPath) : null;
        this.addsDropout =
                dropout.isPresent() && network.layers().stream().noneMatch(layer -> layer.op() instanceof Op.Dropout);
    }

    /** Layers whose activation has one reader and is not needed for the layer's own gradient. */
    private static boolean[] overwritable(Network network) {
        int[] readers = network.readers();
        boolean[] overwritable = new boolean[readers.length];
        for (Layer layer : network.layers()) {
            Op op = layer.op();
            overwritable[layer.id()] = readers[layer.id()] == 1
                    && (op instanceof Op.Conv
                            || op instanceof Op.BatchNorm
                            || op instanceof Op.LearnedGroupConv
                            || op instanceof Op.Add
                            || op instanceof Op.Linear);
        }
        return overwritable;
    }

    Network network() {
        return network;
    }

    /**
     * The type in which a convolution of inputs of another is calculated: float32 instead of bfloat16 for a strided depthwise
     * one, because its input's gradient by oneDNN is slow in bfloat16, and on some processors wrong.
     */
    static ScalarType typeOf(Op.Conv op, ScalarType given) {
        boolean poor = op.isDepthwise() && op.window().stride() > 1;
        return poor && given.intern() == ScalarType.BFloat16 ? ScalarType.Float : given;
    }

    /** The float state by qualified name; the network's own tensors. */
    Map<String, Tensor> tensors() {
        return tensors;
    }

    /**
     * One tensor of the float state, the network's own.
     *
     * @throws IllegalArgumentException if there is none
     */
    Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(network.name() + " has no tensor '" + name + "', or is closed");
        }
        return tensor;
    }

    /** Takes kernels in bfloat16 from these copies from now on, wherever no gradient is asked for. */
    void use(KernelCopies made) {
        copies = made;
    }

    /** A tensor of the float state in a number format, without a gradient; in the innermost scope, or not to be closed. */
    Tensor withoutGradient(String name, ScalarType type) {
        Tensor copy = copies == null || type.intern() != ScalarType.BFloat16 ? null : copies.get(name);
        return copy != null ? copy : tensor(name).to(type);
    }

    /** Puts another tensor, which the network then owns, in the place of one of its own. */
    void replace(String name, Tensor tensor) {
        Tensor old = tensors.put(name, tensor);
        if (old == null) {
            throw new IllegalArgumentException(network.name() + " has no tensor '" + name + "'");
        }
        old.close();
    }

    /** A copy of the whole state, row-major. */
    Tensors state() {
        Map<String, NdArray> state = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            state.put(entry.name(), value(entry));
        }
        return new Tensors(state);
    }

    /** A copy of one entry of the state, row-major. */
    NdArray value(StateEntry entry) {
        Index index = indexes.get(entry.name());
        Tensor tensor = tensors.get(entry.name());
        if (index != null) {
            return index.values();
        }
        return tensor == null
                ? NdArray.Longs.scalar(counters.getOrDefault(entry.name(), 0L))
                : new NdArray.Floats(entry.parameter().dims(), Blobs.values(tensor));
    }

    /** Copies the values of a whole state over the network's own. */
    void load(Tensors values) {
        for (StateEntry entry : network.state()) {
            load(entry, values.get(entry.name()));
        }
    }

    /** Copies the values of one entry over the network's own. */
    void load(StateEntry entry, NdArray value) {
        Tensor tensor = tensors.get(entry.name());
        if (tensor == null) {
            loadIntegers(entry, (NdArray.Longs) value);
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            tensor.detach().copy_(Blobs.floats(((NdArray.Floats) value).values(), dims(entry.parameter())));
        }
    }

    /**
     * Logits {@code [n, classes]} for normalized images {@code [n, c, h, w]}.
     *
     * @return the caller closes it
     */
    Tensor forward(Tensor images, Mode mode) {
        return forward(images, mode, OptionalDouble.empty());
    }

    /**
     * The same, with another weight of the batch's statistics in the running ones than the network's own.
     *
     * @return the caller closes it
     */
    Tensor forward(Tensor images, Mode mode, OptionalDouble normMomentum) {
        return forward(images, mode, normMomentum, network.output());
    }

    /**
     * Features {@code [n, ...]} for normalized images {@code [n, c, h, w]}, in evaluation: what the last linear layer reads.
     *
     * @return the caller closes it
     */
    Tensor features(Tensor images) {
        return forward(images, Mode.EVALUATION, OptionalDouble.empty(), network.features());
    }

    /** The activation of the layer {@code last}, after which nothing is run. */
    private Tensor forward(Tensor images, Mode mode, OptionalDouble normMomentum, Layer last) {
        Tensor[] live = new Tensor[network.layers().size()];
        try {
            for (Layer layer : network.layers().subList(0, last.id() + 1)) {
                if (layer.op() instanceof Op.Conv) {
                    NativeMemory.check();
                }
                try (PointerScope scope = new PointerScope()) {
                    List<Tensor> in =
                            layer.inputs().stream().map(x -> live[x.id()]).toList();
                    live[layer.id()] = Blobs.keep(output(layer, in, images, mode, normMomentum));
                }
                for (Layer input : layer.inputs()) {
                    if (lastReader[input.id()] == layer.id()) {
                        release(live, input.id());
                    }
                }
            }
            Tensor result = live[last.id()];
            live[last.id()] = null;
            return result;
        } finally {
            for (int id = 0; id < live.length; id++) { // after an error, or what later layers would read
                release(live, id);
            }
        }
    }

    /**
     * What one layer makes of its inputs.
     *
     * @param images what the input layer gives
     * @return in the innermost scope
     */
    Tensor output(Layer layer, List<Tensor> in, Tensor images, Mode mode, OptionalDouble normMomentum) {
        return layer.op().accept(new Forward(layer, in, images, mode, normMomentum));
    }

    /** For each layer, by id, the id of the last that reads its output. */
    int[] lastReaders() {
        return lastReader;
    }

    /** Whether a layer's running statistics stay as they are. */
    boolean isFrozen(Layer layer) {
        return frozen[layer.id()];
    }

    /** Whether an activation function writes over its input, and its gradient is known from its output. */
    boolean isInPlace(Layer layer) {
        return layer.op() instanceof Op.Activation activation
                && overwritable[layer.input().id()]
                && switch (activation.function()) {
                    case RELU, RELU6, SIGMOID -> true;
                    case HARD_SIGMOID, HARD_SWISH -> false;
                };
    }

    /** Whether branches of residual connections are left out. */
    boolean hasStochasticDepth() {
        return stochasticDepth != null;
    }

    /** Counts a batch in training, in every normalization that follows it. */
    void countBatch() {
        for (StateEntry entry : network.state()) {
            if (!frozen[entry.layer().id()]) {
                counters.computeIfPresent(entry.name(), (name, batches) -> batches + 1);
            }
        }
    }

    @SuppressWarnings("NullAway") // a released activation is null
    private static void release(Tensor[] live, int id) {
        if (live[id] != null) {
            live[id].close();
            live[id] = null;
        }
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
        tensors.clear();
        indexes.values().forEach(index -> index.tensor().close());
        indexes.clear();
    }

    /** One layer's result, a new tensor of the innermost scope. */
    private final class Forward implements Op.Visitor<Tensor> {
        private final Layer layer;
        private final List<Tensor> in;
        private final Tensor images;
        private final Mode mode;
        private final OptionalDouble normMomentum;

        Forward(Layer layer, List<Tensor> in, Tensor images, Mode mode, OptionalDouble normMomentum) {
            this.layer = layer;
            this.in = in;
            this.images = images;
            this.mode = mode;
            this.normMomentum = normMomentum;
        }

        private Tensor x() {
            return in.get(0);
        }

        private Tensor weight() {
            return GradMode.is_enabled()
                    ? alike(owned("weight"))
                    : withoutGradient(layer.nameOf("weight"), x().scalar_type());
        }

        private Tensor owned(String parameter) {
            return tensor(layer.nameOf(parameter));
        }

        /** In the number format of the input. */
        private Tensor alike(Tensor tensor) {
            return tensor.to(x().scalar_type());
        }

        private TensorOptional maybe(String parameter) {
            Tensor tensor = tensors.get(layer.nameOf(parameter));
            return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
        }

        private TensorOptional bias() {
            Tensor tensor = tensors.get(layer.nameOf("bias"));
            return tensor == null ? new TensorOptional() : new TensorOptional(alike(tensor));
        }

        private static long[] pair(int value) {
            return new long[] {value, value};
        }

        /** The padding of both axes, if it is the same on opposite sides. */
        private static long[] pair(Padding padding) {
            return new long[] {padding.top(), padding.left()};
        }

        @Override
        public Tensor input(Op.Input op) {
            return new Tensor(images);
        }

        @Override
        public Tensor conv(Op.Conv op) {
            Window w = op.window();
            Tensor x = x();
            Padding padding = w.padding();
            if (!padding.symmetric()) {
                long[] sides = {padding.left(), padding.right(), padding.top(), padding.bottom()};
                x = torch.constant_pad_nd(x, sides);
                padding = Padding.of(0);
            }
            Tensor weight = weight();
            if (TrainingPass.isPointwise(op) && PointwiseProducts.areFaster(weight)) {
                return PointwiseProducts.conv2d(x, weight, bias());
            }
            if (padding.equals(Padding.of(0)) && PointwisePieces.areNeeded(weight, op.groups())) {
                return PointwisePieces.conv2d(x, weight, bias(), pair(w.stride()));
            }
            ScalarType given = x.scalar_type();
            ScalarType type = typeOf(op, given);
            TensorOptional bias = bias();
            if (bias.has_value()) {
                bias = new TensorOptional(bias.get().to(type));
            }
            return torch.conv2d(
                            x.to(type), weight.to(type), bias, pair(w.stride()), pair(padding), pair(1), op.groups())
                    .to(given);
        }

        @Override
        public Tensor learnedGroupConv(Op.LearnedGroupConv op) {
            Tensor kept = alike(owned(Op.LearnedGroupConv.WEIGHT).mul(owned(Op.LearnedGroupConv.MASK)));
            return PointwiseProducts.areFaster(kept)
                    ? PointwiseProducts.conv2d(x(), kept, new TensorOptional())
                    : PointwisePieces.conv2d(x(), kept, new TensorOptional(), pair(1));
        }

        @Override
        public Tensor batchNorm(Op.BatchNorm op) {
            return torch.batch_norm(
                    x(),
                    maybe("weight"),
                    maybe("bias"),
                    maybe("running_mean"),
                    maybe("running_var"),
                    mode != Mode.EVALUATION && !frozen[layer.id()],
                    normMomentum.orElse(op.momentum()),
                    op.epsilon(),
                    false);
        }

        @Override
        public Tensor activation(Op.Activation op) {
            boolean inPlace = overwritable[layer.input().id()];
            return switch (op.function()) {
                case RELU -> inPlace ? alias(torch.relu_(x())) : torch.relu(x());
                case RELU6 -> inPlace ? alias(torch.relu6_(x())) : torch.relu6(x());
                case SIGMOID -> inPlace ? alias(torch.sigmoid_(x())) : torch.sigmoid(x());
                case HARD_SIGMOID -> torch.hardsigmoid(x()); // its gradient needs the input: nothing to save in place
                case HARD_SWISH -> torch.hardswish(x()); // likewise
            };
        }

        /** Another reference to the tensor that an in-place operation returned, which its own owner closes. */
        private static Tensor alias(Tensor inPlace) {
            return new Tensor(inPlace);
        }

        @Override
        public Tensor pool(Op.Pool op) {
            long[] kernel = pair(op.window().kernel());
            long[] stride = pair(op.window().stride());
            long[] padding = pair(op.window().padding());
            return switch (op.kind()) {
                case MAX -> torch.max_pool2d(x(), kernel, stride, padding, pair(1), false);
                case AVERAGE -> torch.avg_pool2d(x(), kernel, stride, padding, false, true, new LongOptional());
            };
        }

        @Override
        public Tensor concat(Op.Concat op) {
            return torch.cat(new TensorVector(in.toArray(Tensor[]::new)), 1);
        }

        @Override
        public Tensor add(Op.Add op) {
            StochasticDepth depth = stochasticDepth;
            return depth != null && mode == Mode.TRAINING
                    ? depth.sum(layer, in)
                    : in.get(0).add(in.get(1));
        }

        @Override
        public Tensor scale(Op.Scale op) {
            Tensor factors = in.get(1);
            return x().mul(factors.view(factors.size(0), factors.size(1), 1, 1));
        }

        @Override
        public Tensor channelGather(Op.ChannelGather op) {
            Index index = indexes.get(layer.nameOf(Op.ChannelGather.INDEX));
            if (index == null) {
                throw new IllegalStateException("'" + layer.name() + "' has no index; the network is closed");
            }
            return torch.index_select(x(), 1, index.tensor());
        }

        @Override
        public Tensor shuffle(Op.Shuffle op) {
            return torch.channel_shuffle(x(), op.groups());
        }

        @Override
        public Tensor channelMatrix(Op.ChannelMatrix op) {
            Tensor kernel = alike(owned(Op.ChannelMatrix.INDEX)).t().reshape(op.out(), op.in(), 1, 1);
            return PointwisePieces.conv2d(x(), kernel, new TensorOptional(), pair(1));
        }

        @Override
        public Tensor padChannels(Op.PadChannels op) {
            return torch.constant_pad_nd(x(), 0, 0, 0, 0, op.before(), op.after());
        }

        @Override
        public Tensor adaptiveAverage(Op.AdaptiveAverage op) {
            return torch.adaptive_avg_pool2d(x(), op.side(), op.side());
        }

        @Override
        public Tensor globalAverage(Op.GlobalAverage op) {
            return torch.adaptive_avg_pool2d(x(), 1, 1);
        }

        @Override
        public Tensor dropout(Op.Dropout op) {
            return torch.dropout(x(), dropout.orElse(op.probability()), mode == Mode.TRAINING);
        }

        @Override
        public Tensor linear(Op.Linear op) {
            Tensor features = x().flatten(1, -1);
            if (addsDropout && layer.equals(head)) {
                features = torch.dropout(features, dropout.getAsDouble(), mode == Mode.TRAINING);
            }
            return torch.linear(features, weight(), bias());
        }
    }
}
