package dev.kinglet.torch;

import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/**
 * A network bound to libtorch tensors. It owns its tensors until closed. An activation lives from the layer that makes it
 * to the last layer that reads it (what gradients need, libtorch keeps itself). Not thread-safe.
 */
final class TorchNetwork implements AutoCloseable {
    private final Network network;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>(); // float state by qualified name
    private final Map<String, Long> counters = new LinkedHashMap<>(); // integer state by qualified name
    private final int[] lastReader; // by layer id
    private final boolean[] overwritable; // by layer id: a rectifier may write its result over this activation

    /** Copies the values; kernels are stored channels last. */
    TorchNetwork(Network network, Tensors values) {
        this.network = network;
        lastReader = network.lastReaders();
        overwritable = overwritable(network);
        for (StateEntry entry : network.state()) {
            if (entry.parameter().role() == Parameter.Role.COUNTER) {
                counters.put(entry.name(), ((NdArray.Longs) values.get(entry.name())).values()[0]);
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

    private static long[] dims(Parameter parameter) {
        return parameter.dims().stream().mapToLong(Integer::longValue).toArray();
    }

    /** Activations that one layer reads and whose own gradient does not need them. */
    private static boolean[] overwritable(Network network) {
        int[] readers = network.readers();
        boolean[] overwritable = new boolean[readers.length];
        for (Layer layer : network.layers()) {
            Op op = layer.op();
            overwritable[layer.id()] = readers[layer.id()] == 1
                    && (op instanceof Op.Conv
                            || op instanceof Op.BatchNorm
                            || op instanceof Op.Add
                            || op instanceof Op.Linear);
        }
        return overwritable;
    }

    Network network() {
        return network;
    }

    /** The float state by qualified name; the network's own tensors. */
    Map<String, Tensor> tensors() {
        return tensors;
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
            Tensor tensor = tensors.get(entry.name());
            state.put(
                    entry.name(),
                    tensor == null
                            ? NdArray.Longs.scalar(counters.getOrDefault(entry.name(), 0L))
                            : new NdArray.Floats(entry.parameter().dims(), Blobs.values(tensor)));
        }
        return new Tensors(state);
    }

    /** Copies the values of a whole state over the network's own. */
    void load(Tensors values) {
        for (StateEntry entry : network.state()) {
            Tensor tensor = tensors.get(entry.name());
            if (tensor == null) {
                counters.put(entry.name(), ((NdArray.Longs) values.get(entry.name())).values()[0]);
                continue;
            }
            try (PointerScope scope = new PointerScope()) {
                tensor.detach().copy_(Blobs.floats(values.floats(entry.name()), dims(entry.parameter())));
            }
        }
    }

    /**
     * Logits {@code [n, classes]} for normalised images {@code [n, c, h, w]}.
     *
     * @param training whether batch normalisation and dropout act as in training
     * @return the caller closes it
     */
    Tensor forward(Tensor images, boolean training) {
        Tensor[] live = new Tensor[network.layers().size()];
        try {
            for (Layer layer : network.layers()) {
                try (PointerScope scope = new PointerScope()) {
                    List<Tensor> in =
                            layer.inputs().stream().map(x -> live[x.id()]).toList();
                    live[layer.id()] = Blobs.keep(layer.op().accept(new Forward(layer, in, images, training)));
                }
                for (Layer input : layer.inputs()) {
                    if (lastReader[input.id()] == layer.id()) {
                        release(live, input.id());
                    }
                }
            }
            if (training) {
                counters.replaceAll((name, batches) -> batches + 1);
            }
            Tensor logits = live[network.output().id()];
            live[network.output().id()] = null;
            return logits;
        } finally {
            for (int id = 0; id < live.length; id++) { // only after an error is anything left
                release(live, id);
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
    }

    /** One layer's result, a new tensor of the innermost scope. */
    private final class Forward implements Op.Visitor<Tensor> {
        private final Layer layer;
        private final List<Tensor> in;
        private final Tensor images;
        private final boolean training;

        Forward(Layer layer, List<Tensor> in, Tensor images, boolean training) {
            this.layer = layer;
            this.in = in;
            this.images = images;
            this.training = training;
        }

        private Tensor x() {
            return in.get(0);
        }

        private @Nullable Tensor own(String parameter) {
            return tensors.get(layer.nameOf(parameter));
        }

        private Tensor weight() {
            Tensor weight = own("weight");
            if (weight == null) {
                throw new IllegalStateException("'" + layer.name() + "' has no weight; the network is closed");
            }
            return weight;
        }

        private TensorOptional maybe(String parameter) {
            Tensor tensor = own(parameter);
            return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
        }

        private static long[] pair(int value) {
            return new long[] {value, value};
        }

        @Override
        public Tensor input(Op.Input op) {
            return new Tensor(images);
        }

        @Override
        public Tensor conv(Op.Conv op) {
            Window w = op.window();
            return torch.conv2d(
                    x(), weight(), maybe("bias"), pair(w.stride()), pair(w.padding()), pair(1), op.groups());
        }

        @Override
        public Tensor batchNorm(Op.BatchNorm op) {
            return torch.batch_norm(
                    x(),
                    maybe("weight"),
                    maybe("bias"),
                    maybe("running_mean"),
                    maybe("running_var"),
                    training,
                    op.momentum(),
                    op.epsilon(),
                    false);
        }

        @Override
        public Tensor activation(Op.Activation op) {
            boolean over = overwritable[layer.input().id()];
            if (over) {
                switch (op.curve()) {
                    case RELU -> torch.relu_(x());
                    case RELU6 -> torch.relu6_(x());
                }
                return new Tensor(x()); // the in-place result is x itself, which its own owner closes
            }
            return switch (op.curve()) {
                case RELU -> torch.relu(x());
                case RELU6 -> torch.relu6(x());
            };
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
            return in.get(0).add(in.get(1));
        }

        @Override
        public Tensor globalAverage(Op.GlobalAverage op) {
            return torch.adaptive_avg_pool2d(x(), 1, 1);
        }

        @Override
        public Tensor dropout(Op.Dropout op) {
            return torch.dropout(x(), op.probability(), training);
        }

        @Override
        public Tensor linear(Op.Linear op) {
            return torch.linear(x().flatten(1, -1), weight(), maybe("bias"));
        }
    }
}
