package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.kinglet.network.Card;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Padding;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Shape;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Window;
import dev.kinglet.onnx.GraphBuilder.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Conversion of a model's layers to ONNX nodes, one after the other. Used once. */
final class GraphWriter {
    private final Model model;
    private final InputType input;
    private final boolean embeddings;
    private final GraphBuilder graph = new GraphBuilder();
    private final Map<Layer, Value> made = new HashMap<>();

    /** @param embeddings whether the features that the last linear layer reads are a second output */
    GraphWriter(Model model, InputType input, boolean embeddings) {
        this.model = model;
        this.input = input;
        this.embeddings = embeddings;
    }

    ModelProto write() {
        graph.reserveValue(OnnxFile.INPUT);
        graph.reserveValue(OnnxFile.OUTPUT);
        if (embeddings) {
            graph.reserveValue(OnnxFile.EMBEDDING);
        }
        model.network().state().stream().map(StateEntry::name).forEach(graph::reserveValue);
        model.network().layers().stream().map(Layer::name).forEach(graph::reserveNode);

        Layer last = model.network().output();
        while (last.op() instanceof Op.Dropout) {
            last = last.input();
        }
        for (Layer layer : model.network().layers()) {
            made.put(layer, layer.op().accept(new Emit(layer, layer.equals(last))));
        }
        Value result = made(model.network().output());
        if (!result.vector()) {
            result = graph.flatten(result, OnnxFile.OUTPUT);
        }
        List<Value> results = new ArrayList<>(List.of(result));
        if (embeddings) { // a node of its own, so that the nodes of the logits are the same without it
            results.add(graph.flatten(made(model.network().features()), OnnxFile.EMBEDDING));
        }
        Value image = new Value(OnnxFile.INPUT, model.network().input().shape(), false);

        Card card = model.card();
        ModelProto.Builder file = ModelProto.newBuilder()
                .setIrVersion(OnnxFile.IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OnnxFile.OPSET))
                .setProducerName("kinglet")
                .setProducerVersion(card.provenance().getOrDefault(Card.VERSION, ""))
                .setGraph(graph.build(model.network().name(), image, input, results));
        card.toMetadata().forEach((key, value) -> file.addMetadataProps(Protos.entry(key, value)));
        if (input != InputType.FLOAT32) {
            file.addMetadataProps(Protos.entry(InputType.METADATA, input.key()));
        }
        return file.build();
    }

    private Value made(Layer layer) {
        Value value = made.get(layer);
        if (value == null) {
            throw new IllegalStateException("'" + layer.name() + "' is read before it is made");
        }
        return value;
    }

    private static List<AttributeProto> attributes(Window window) {
        Padding padding = window.padding();
        return List.of(
                Protos.integers("kernel_shape", window.kernel(), window.kernel()),
                Protos.integers("strides", window.stride(), window.stride()),
                Protos.integers("pads", padding.top(), padding.left(), padding.bottom(), padding.right()));
    }

    /** Writes one layer; the result is its activation in the graph. */
    private final class Emit implements Op.Visitor<Value> {
        private final Layer layer;
        private final boolean last; // nothing but dropout comes after it

        Emit(Layer layer, boolean last) {
            this.layer = layer;
            this.last = last;
        }

        private Value x() {
            return made(layer.input());
        }

        /** The layer's node, under its own name, over {@code inputs} and then {@code more}. */
        private Value node(
                String type, List<Value> inputs, List<String> more, boolean vector, AttributeProto... attributes) {
            Value output = last && vector
                    ? new Value(OnnxFile.OUTPUT, layer.shape(), true)
                    : graph.declare(layer.name(), layer.shape(), vector);
            List<String> names =
                    new ArrayList<>(inputs.stream().map(Value::name).toList());
            names.addAll(more);
            graph.addNode(type, layer.name(), names, output, attributes);
            return output;
        }

        /** A node over one value that keeps its rank. */
        private Value elementwise(String type, List<String> more, AttributeProto... attributes) {
            return node(type, List.of(x()), more, x().vector(), attributes);
        }

        /** The layer's float parameters, written as initializers, in order. */
        private List<String> parameters() {
            return layer.op().parameters().stream()
                    .filter(p -> !p.integer())
                    .map(layer::nameOf)
                    .map(name -> graph.reserved(
                            name,
                            model.tensors().get(name).dims(),
                            model.tensors().floats(name)))
                    .toList();
        }

        @Override
        public Value input(Op.Input op) {
            Value given = new Value(OnnxFile.INPUT, op.shape(), false);
            return switch (input) {
                case FLOAT32 -> given;
                case UINT8 -> normalized(given);
            };
        }

        /** Uint8 pixels cast to float32 and normalized, by one BatchNormalization node. */
        private Value normalized(Value bytes) {
            Preprocessing preprocessing = model.card().preprocessing();
            int channels = bytes.shape().channels();
            float[] mean = new float[channels];
            float[] variance = new float[channels];
            float[] ones = new float[channels];
            for (int c = 0; c < channels; c++) {
                double deviation = 255 * preprocessing.std().get(c);
                mean[c] = (float) (255 * preprocessing.mean().get(c));
                variance[c] = (float) (deviation * deviation);
                ones[c] = 1;
            }
            List<Integer> dims = List.of(channels);
            Value numbers = graph.make(
                    bytes.name() + ".numbers",
                    "Cast",
                    List.of(bytes.name()),
                    bytes.shape(),
                    false,
                    Protos.integer("to", InputType.FLOAT32.element().getNumber()));
            return graph.make(
                    bytes.name() + ".normalised",
                    "BatchNormalization",
                    List.of(
                            numbers.name(),
                            graph.floats(bytes.name() + ".scale", dims, ones),
                            graph.floats(bytes.name() + ".shift", dims, new float[channels]),
                            graph.floats(bytes.name() + ".mean", dims, mean),
                            graph.floats(bytes.name() + ".variance", dims, variance)),
                    bytes.shape(),
                    false,
                    Protos.real("epsilon", 0));
        }

        @Override
        public Value conv(Op.Conv op) {
            List<AttributeProto> all = new ArrayList<>(attributes(op.window()));
            all.add(Protos.integer("group", op.groups()));
            return node("Conv", List.of(graph.asImage(x())), parameters(), false, all.toArray(AttributeProto[]::new));
        }

        @Override
        public Value learnedGroupConv(Op.LearnedGroupConv op) {
            String weight = layer.nameOf(Op.LearnedGroupConv.WEIGHT);
            float[] kept = model.tensors().floats(weight).clone();
            float[] mask = model.tensors().floats(layer.nameOf(Op.LearnedGroupConv.MASK));
            for (int i = 0; i < kept.length; i++) {
                kept[i] *= mask[i];
            }
            return pointwise(graph.reserved(weight, List.of(op.out(), op.in(), 1, 1), kept));
        }

        /** A matrix multiplication over channels-last (NHWC) values, as in the authors' code. */
        @Override
        public Value channelMatrix(Op.ChannelMatrix op) {
            String name = layer.nameOf(Op.ChannelMatrix.INDEX);
            String matrix = graph.reserved(
                    name, List.of(op.in(), op.out()), model.tensors().floats(name));
            Value x = graph.asImage(x());
            Shape from = x.shape();
            Value last = transposed(x, ".last", axes(from.height(), from.width(), op.in()), 0, 2, 3, 1);
            Shape summed = axes(from.height(), from.width(), op.out());
            Value sum = step(".sum", "MatMul", List.of(last.name(), matrix), summed, false);
            return node("Transpose", List.of(sum), List.of(), false, Protos.integers("perm", 0, 3, 1, 2));
        }

        /** Lengths of the three axes after the batch, whatever they stand for. */
        private static Shape axes(int first, int second, int third) {
            return new Shape(first, second, third);
        }

        private Value transposed(Value x, String suffix, Shape shape, long... order) {
            return step(suffix, "Transpose", List.of(x.name()), shape, false, Protos.integers("perm", order));
        }

        /** A 1 x 1 convolution. */
        private Value pointwise(String weight) {
            List<AttributeProto> all = new ArrayList<>(attributes(Window.of(1)));
            all.add(Protos.integer("group", 1));
            return node(
                    "Conv", List.of(graph.asImage(x())), List.of(weight), false, all.toArray(AttributeProto[]::new));
        }

        @Override
        public Value channelGather(Op.ChannelGather op) {
            String name = layer.nameOf(Op.ChannelGather.INDEX);
            long[] index = model.tensors().longs(name);
            op.channels(index); // refuses an index that points nowhere
            return gather(name, index);
        }

        /** As in the authors' code: channels reshaped to groups x channels, transposed, and reshaped back. */
        @Override
        public Value shuffle(Op.Shuffle op) {
            Value x = graph.asImage(x());
            int rows = op.groups();
            int columns = x.shape().channels() / rows;
            int plane = x.shape().height() * x.shape().width();
            String dims = graph.longs(layer.name() + ".table.dims", 0, rows, columns, plane);
            Shape rowsFirst = axes(rows, columns, plane);
            Value table = step(".table", "Reshape", List.of(x.name(), dims), rowsFirst, false);
            Value transposed = transposed(table, ".turned", axes(columns, rows, plane), 0, 2, 1, 3);
            Shape shape = x.shape();
            String back = graph.longs(layer.name() + ".dims", 0, shape.channels(), shape.height(), shape.width());
            return node("Reshape", List.of(transposed), List.of(back), false);
        }

        private Value gather(String name, long[] channels) {
            return elementwise("Gather", List.of(graph.reserved(name, channels)), Protos.integer("axis", 1));
        }

        @Override
        public Value padChannels(Op.PadChannels op) {
            String pads = graph.longs(layer.name() + ".pads", 0, op.before(), 0, 0, 0, op.after(), 0, 0);
            return node("Pad", List.of(graph.asImage(x())), List.of(pads), false);
        }

        /** Averages along the rows, then along the columns, each as a matrix multiplication. */
        @Override
        public Value adaptiveAverage(Op.AdaptiveAverage op) {
            Value x = graph.asImage(x());
            int height = x.shape().height();
            int width = x.shape().width();
            if (height == op.side() && width == op.side()) {
                return x;
            }
            Value narrow = step(
                    ".columns",
                    "MatMul",
                    List.of(x.name(), averaging(op, width, true)),
                    new Shape(x.shape().channels(), height, op.side()),
                    false);
            Value made = graph.declare(layer.name(), layer.shape(), false);
            graph.addNode("MatMul", layer.name(), List.of(averaging(op, height, false), narrow.name()), made);
            return made;
        }

        /** The averaging matrix {@code [side, length]}, or its transpose. */
        private String averaging(Op.AdaptiveAverage op, int length, boolean transposed) {
            double[][] weights = op.weights(length);
            float[] matrix = new float[op.side() * length];
            for (int box = 0; box < op.side(); box++) {
                for (int i = 0; i < length; i++) {
                    matrix[transposed ? i * op.side() + box : box * length + i] = (float) weights[box][i];
                }
            }
            List<Integer> dims = transposed ? List.of(length, op.side()) : List.of(op.side(), length);
            return graph.floats(layer.name() + ".shares", dims, matrix);
        }

        @Override
        public Value scale(Op.Scale op) {
            Value x = made(layer.inputs().get(0));
            Value factors = made(layer.inputs().get(1));
            if (op.broadcast()) {
                return node("Mul", List.of(graph.asImage(x), expanded(graph.asImage(factors))), List.of(), false);
            }
            return x.vector() && factors.vector()
                    ? node("Mul", List.of(x, factors), List.of(), true)
                    : node("Mul", List.of(graph.asImage(x), graph.asImage(factors)), List.of(), false);
        }

        /** One value per channel, broadcast to every pixel. */
        private Value expanded(Value factors) {
            Shape shape = layer.shape();
            String scales = graph.constant(
                    "expanded." + shape.height() + "x" + shape.width(),
                    List.of(4),
                    1,
                    1,
                    shape.height(),
                    shape.width());
            return step(
                    ".expanded",
                    "Resize",
                    List.of(factors.name(), "", scales), // no region of interest
                    shape,
                    false,
                    Protos.text("mode", "nearest"),
                    Protos.text("coordinate_transformation_mode", "asymmetric"),
                    Protos.text("nearest_mode", "floor"));
        }

        @Override
        public Value batchNorm(Op.BatchNorm op) {
            return elementwise("BatchNormalization", parameters(), Protos.real("epsilon", op.epsilon()));
        }

        @Override
        public Value activation(Op.Activation op) {
            return switch (op.function()) {
                case RELU -> elementwise("Relu", List.of());
                case RELU6 -> elementwise("Clip", List.of(graph.scalar("relu6.min", 0), graph.scalar("relu6.max", 6)));
                case SIGMOID -> elementwise("Sigmoid", List.of());
                case HARD_SIGMOID ->
                    op.fused()
                            ? elementwise(
                                    "HardSigmoid", List.of(), Protos.real("alpha", 1 / 6.0), Protos.real("beta", 0.5))
                            : hardSigmoid();
                case HARD_SWISH -> op.fused() ? elementwise("HardSwish", List.of()) : hardSwish();
            };
        }

        /** {@code relu6(x + 3) / 6} as the authors' code writes it. */
        private Value hardSigmoid() {
            Value clipped = clippedSum();
            return node("Div", List.of(clipped), List.of(graph.scalar("six", 6)), clipped.vector());
        }

        /** {@code x relu6(x + 3) / 6} likewise. */
        private Value hardSwish() {
            Value gate = step(".gate", "Div", clippedSum(), graph.scalar("six", 6));
            return node("Mul", List.of(x(), gate), List.of(), gate.vector());
        }

        private Value clippedSum() {
            Value sum = step(".sum", "Add", x(), graph.scalar("three", 3));
            return step(".clip", "Clip", sum, graph.scalar("relu6.min", 0), graph.scalar("relu6.max", 6));
        }

        /** An intermediate node of the layer, over one value whose rank it keeps. */
        private Value step(String suffix, String type, Value x, String... more) {
            List<String> names = new ArrayList<>(List.of(x.name()));
            names.addAll(List.of(more));
            return step(suffix, type, names, x.shape(), x.vector());
        }

        private Value step(
                String suffix,
                String type,
                List<String> inputs,
                Shape shape,
                boolean vector,
                AttributeProto... attributes) {
            return graph.make(layer.name() + suffix, type, inputs, shape, vector, attributes);
        }

        @Override
        public Value pool(Op.Pool op) {
            List<AttributeProto> all = new ArrayList<>(attributes(op.window()));
            String type = switch (op.kind()) {
                case MAX -> "MaxPool";
                case AVERAGE -> {
                    all.add(Protos.integer("count_include_pad", 1));
                    yield "AveragePool";
                }
            };
            return node(type, List.of(graph.asImage(x())), List.of(), false, all.toArray(AttributeProto[]::new));
        }

        @Override
        public Value concat(Op.Concat op) {
            return ofOneRank("Concat", Protos.integer("axis", 1));
        }

        @Override
        public Value add(Op.Add op) {
            return ofOneRank("Add");
        }

        /** A node over several values: over vectors if all are, over images otherwise. */
        private Value ofOneRank(String type, AttributeProto... attributes) {
            List<Value> inputs =
                    layer.inputs().stream().map(GraphWriter.this::made).toList();
            boolean vector = inputs.stream().allMatch(Value::vector);
            List<Value> alike =
                    vector ? inputs : inputs.stream().map(graph::asImage).toList();
            return node(type, alike, List.of(), vector, attributes);
        }

        @Override
        public Value globalAverage(Op.GlobalAverage op) {
            return node("GlobalAveragePool", List.of(graph.asImage(x())), List.of(), false);
        }

        @Override
        public Value dropout(Op.Dropout op) {
            return x();
        }

        @Override
        public Value linear(Op.Linear op) {
            return node("Gemm", List.of(graph.asVector(x())), parameters(), true, Protos.integer("transB", 1));
        }
    }
}
