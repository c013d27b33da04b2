package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of floats, and what it takes to make one of bytes of it: static quantization as QuantizeLinear and
 * DequantizeLinear nodes around what ONNX Runtime has integer kernels for. Weights become signed bytes, with a scale for
 * each channel; activations unsigned ones, with one scale; biases stay floats. Runs nothing itself: the ranges are given.
 */
public final class Quantizer {
    /** In a quantized file's metadata: the names of the layers left in float, with commas between them. */
    public static final String FLOAT_LAYERS = "float_layers";

    /** In a quantized file's metadata: how the ranges were found. */
    public static final String CALIBRATION = "calibration";

    private static final Set<String> WEIGHTED = Set.of("Conv", "Gemm");

    /** Their activations become bytes. */
    private static final Set<String> INTEGER =
            Set.of("Conv", "Gemm", "Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool");

    /** Their output has values of their input and no others, so it keeps the scale. */
    private static final Set<String> MOVING =
            Set.of("MaxPool", "Flatten", "Unsqueeze", "Reshape", "Transpose", "Gather", "Resize");

    /** Done by cutting off bytes where nothing else reads what is before them. */
    private static final Set<String> CUTTING = Set.of("Relu", "Clip");

    private final ModelProto model;
    private final GraphProto graph;
    private final String input; // its name
    private final String output;
    private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
    private final Map<String, NodeProto> makers = new HashMap<>(); // by the activation they make
    private final Map<String, List<NodeProto>> readers = new HashMap<>(); // by activation

    /** @param file of floats, as {@link OnnxFile#of} makes it */
    public Quantizer(OnnxFile file) {
        try {
            this.model = ModelProto.parseFrom(file.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("a file that was checked cannot be parsed", e);
        }
        this.graph = model.getGraph();
        this.input = file.input();
        this.output = file.output();
        for (TensorProto tensor : graph.getInitializerList()) {
            initializers.put(tensor.getName(), tensor);
        }
        for (NodeProto node : graph.getNodeList()) {
            makers.put(node.getOutput(0), node);
            for (String name : node.getInputList()) {
                readers.computeIfAbsent(name, made -> new ArrayList<>()).add(node);
            }
        }
    }

    /** Names of the layers that can be quantized or left in float. */
    public Set<String> layers() {
        Set<String> layers = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isLayer(node)) {
                layers.add(node.getName());
            }
        }
        return layers;
    }

    /**
     * The layers for which alone bytes would be made: whatever makes what they read, or reads what they make, is among
     * these or the file's input or output.
     *
     * @param floatLayers names of layers left in float
     */
    public Set<String> enclosed(Set<String> floatLayers) {
        Set<String> enclosed = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isInteger(node, floatLayers)
                    && node.getInputList().stream().allMatch(name -> isMadeOf(name, floatLayers))
                    && isReadBy(node.getOutput(0), floatLayers)) {
                enclosed.add(node.getName());
            }
        }
        return enclosed;
    }

    /** Whether no layers but these are the last ones before an activation. */
    private boolean isMadeOf(String activation, Set<String> floatLayers) {
        NodeProto maker = makers.get(activation);
        if (maker == null) {
            return true; // the file's input, or a constant
        }
        return isLayer(maker)
                ? floatLayers.contains(maker.getName())
                : maker.getInputList().stream().allMatch(name -> isMadeOf(name, floatLayers));
    }

    /** Whether no layers but these are the first ones after an activation. */
    private boolean isReadBy(String activation, Set<String> floatLayers) {
        return readers(activation).stream()
                .allMatch(reader -> isLayer(reader)
                        ? floatLayers.contains(reader.getName())
                        : isReadBy(reader.getOutput(0), floatLayers));
    }

    /** Activations that become bytes, whose statistics are needed; the file's input can be among them. */
    public List<String> activations() {
        return List.copyOf(bytes(Set.of()));
    }

    /** The file with all {@link #activations()} but the input as further outputs; to be run, not to be kept. */
    public byte[] observed() {
        Set<String> wanted = new LinkedHashSet<>(activations());
        GraphProto.Builder more = graph.toBuilder();
        for (ValueInfoProto value : graph.getValueInfoList()) {
            if (wanted.contains(value.getName())) {
                more.addOutput(value);
            }
        }
        return model.toBuilder().setGraph(more).build().toByteArray();
    }

    /**
     * The quantized file.
     *
     * @param ranges by activation, of all {@link #activations()}
     * @param means by activation, of each channel
     * @param floatLayers names of layers that are left as they are, and read what is not cut off or rounded
     * @param calibration how the ranges were found, for the metadata
     * @throws IllegalArgumentException if a range or means are missing, or there is no such layer
     */
    public OnnxFile quantized(
            Map<String, Range> ranges, Map<String, float[]> means, Set<String> floatLayers, String calibration) {
        Set<String> layers = layers();
        for (String layer : floatLayers) {
            if (!layers.contains(layer)) {
                throw new IllegalArgumentException("there is no layer '" + layer
                        + "' that could be quantized; there are " + String.join(", ", layers));
            }
        }
        return OnnxFile.checked(new Writer(ranges, means, floatLayers).write(calibration));
    }

    /** Names of the activations that become bytes, in the order in which they are made. */
    private Set<String> bytes(Set<String> floatLayers) {
        Set<String> wanted = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isInteger(node, floatLayers)) {
                node.getInputList().stream()
                        .filter(name -> !initializers.containsKey(name))
                        .forEach(wanted::add);
                wanted.add(afterCutting(node));
            }
        }
        wanted.remove(output);
        // bytes that only layers in float would read are not made
        wanted.removeIf(name -> readers(name).stream().allMatch(node -> floatLayers.contains(node.getName())));
        Set<String> ordered = new LinkedHashSet<>(wanted.contains(input) ? List.of(input) : List.of());
        graph.getNodeList().stream()
                .map(node -> node.getOutput(0))
                .filter(wanted::contains)
                .forEach(ordered::add);
        return ordered;
    }

    private List<NodeProto> readers(String activation) {
        return readers.getOrDefault(activation, List.of());
    }

    /** Whether it can be quantized or left in float. */
    private boolean isLayer(NodeProto node) {
        return INTEGER.contains(node.getOpType())
                && (isWeighted(node) || node.getInputList().stream().noneMatch(initializers::containsKey));
    }

    private boolean isInteger(NodeProto node, Set<String> floatLayers) {
        return isLayer(node) && !floatLayers.contains(node.getName());
    }

    private static boolean isWeighted(NodeProto node) {
        return WEIGHTED.contains(node.getOpType());
    }

    /** Whether each channel of the output is made of one channel of its own. */
    private boolean isDepthwise(NodeProto node) {
        TensorProto weight = weight(node);
        return weight.getDims(1) == 1
                && node.getAttributeList().stream()
                        .anyMatch(a -> a.getName().equals("group") && a.getI() == weight.getDims(0));
    }

    private TensorProto weight(NodeProto node) {
        return initializer(node.getInput(1));
    }

    private TensorProto initializer(String name) {
        TensorProto tensor = initializers.get(name);
        if (tensor == null) {
            throw new AssertionError("'" + name + "' was checked and is no initializer");
        }
        return tensor;
    }

    /** A node's output, or what becomes of it where the only thing done to it is cutting off. */
    private String afterCutting(NodeProto node) {
        String made = node.getOutput(0);
        List<NodeProto> next = readers(made);
        return next.size() == 1 && CUTTING.contains(next.get(0).getOpType())
                ? next.get(0).getOutput(0)
                : made;
    }

    /** Writes one quantized graph; used once. */
    private final class Writer {
        /** The names of the initializers that turn an activation into bytes and back. */
        private record Scale(String scale, String zero) {}

        private final Map<String, Range> ranges;
        private final Map<String, float[]> means;
        private final Set<String> floatLayers;
        private final Set<String> bytes;
        private final GraphProto.Builder made = GraphProto.newBuilder();
        private final Names names = new Names();
        private final Names nodes = new Names();
        private final Map<String, Scale> scales = new HashMap<>(); // by activation
        private final Map<String, String> numbers = new HashMap<>(); // an activation -> the same, back from bytes
        private final Map<String, String> shared = new HashMap<>(); // what a constant is -> its name

        Writer(Map<String, Range> ranges, Map<String, float[]> means, Set<String> floatLayers) {
            this.ranges = ranges;
            this.means = means;
            this.floatLayers = floatLayers;
            this.bytes = bytes(floatLayers);
            names.fresh(input);
            initializers.keySet().forEach(names::fresh);
            for (NodeProto node : graph.getNodeList()) {
                names.fresh(node.getOutput(0));
                nodes.fresh(node.getName());
            }
        }

        ModelProto write(String calibration) {
            Map<String, TensorProto> kept = new LinkedHashMap<>(initializers);
            if (bytes.contains(input)) {
                throughBytes(input);
            }
            for (NodeProto node : graph.getNodeList()) {
                NodeProto.Builder next = node.toBuilder();
                if (!floatLayers.contains(node.getName())) {
                    for (int i = 0; i < node.getInputCount(); i++) {
                        next.setInput(i, numbers.getOrDefault(node.getInput(i), node.getInput(i)));
                    }
                }
                if (isInteger(node, floatLayers) && isWeighted(node)) {
                    quantizeWeight(node, next);
                    kept.remove(node.getInput(1));
                    if (node.getInputCount() == 3) {
                        kept.remove(node.getInput(2));
                    }
                }
                made.addNode(next);
                if (bytes.contains(node.getOutput(0))) {
                    throughBytes(node.getOutput(0));
                }
            }
            made.setName(graph.getName())
                    .addAllInput(graph.getInputList())
                    .addAllOutput(graph.getOutputList())
                    .addAllValueInfo(graph.getValueInfoList())
                    .addAllInitializer(kept.values());
            return model.toBuilder()
                    .setGraph(made)
                    .addMetadataProps(Protos.entry(CALIBRATION, calibration))
                    .addMetadataProps(Protos.entry(FLOAT_LAYERS, String.join(",", floatLayers)))
                    .build();
        }

        private void throughBytes(String activation) {
            Scale scale = scale(activation);
            scales.put(activation, scale);
            String quantized = names.fresh(activation + ".q");
            String back = names.fresh(activation + ".dq");
            convert("QuantizeLinear", activation, scale.scale(), scale.zero(), quantized);
            convert("DequantizeLinear", quantized, scale.scale(), scale.zero(), back);
            numbers.put(activation, back);
        }

        private void convert(
                String type, String from, String scale, String zero, String to, AttributeProto... attributes) {
            made.addNode(Protos.node(type, nodes.fresh(to), List.of(from, scale, zero), to, attributes));
        }

        private Scale scale(String activation) {
            NodeProto maker = makers.get(activation);
            @Nullable
            Scale source = maker != null && MOVING.contains(maker.getOpType()) ? scales.get(maker.getInput(0)) : null;
            if (source != null) {
                return source;
            }
            Range range = given(ranges, activation);
            String scale = names.fresh(activation + ".scale");
            made.addInitializer(Protos.floats(scale, List.of(), range.scale()));
            String zero = shared.computeIfAbsent("zero " + (range.zero() & 0xff), what -> {
                String name = names.fresh(what);
                made.addInitializer(Protos.bytes(name, TensorProto.DataType.UINT8, List.of(), range.zero()));
                return name;
            });
            return new Scale(scale, zero);
        }

        /**
         * Writes a weight as bytes, and lets the node read what they stand for. Adds to its bias what the rounding of the
         * weight takes from the output's mean (Nagel et al., "Data-Free Quantization", 2019, with means that were seen).
         */
        private void quantizeWeight(NodeProto node, NodeProto.Builder next) {
            TensorProto weight = weight(node);
            int channels = Math.toIntExact(weight.getDims(0));
            float[] values = Protos.floats(weight);
            QuantizedWeight small = QuantizedWeight.of(values, channels, !isDepthwise(node));
            String name = weight.getName();
            String scale = names.fresh(name + ".scale");
            String back = names.fresh(name + ".dq");
            String zeros = shared.computeIfAbsent("zeros " + channels, what -> {
                String fresh = names.fresh(what);
                made.addInitializer(
                        Protos.bytes(fresh, TensorProto.DataType.INT8, List.of(channels), new byte[channels]));
                return fresh;
            });
            made.addInitializer(Protos.bytes(name, TensorProto.DataType.INT8, weight.getDimsList(), small.values()))
                    .addInitializer(Protos.floats(scale, List.of(channels), small.scales()));
            convert("DequantizeLinear", name, scale, zeros, back, Protos.integer("axis", 0));
            next.setInput(1, back);

            float[] bias = new float[channels];
            String biasName = name + ".bias";
            if (node.getInputCount() == 3) {
                biasName = node.getInput(2);
                bias = Protos.floats(initializer(biasName));
                next.setInput(2, biasName);
            } else {
                biasName = names.fresh(biasName);
                next.addInput(biasName);
            }
            small.correct(bias, values, given(means, node.getInput(0)), Math.toIntExact(weight.getDims(1)));
            made.addInitializer(Protos.floats(biasName, List.of(channels), bias));
        }

        private static <T> T given(Map<String, T> statistics, String activation) {
            T found = statistics.get(activation);
            if (found == null) {
                throw new IllegalArgumentException("there are no statistics of activation '" + activation + "'");
            }
            return found;
        }
    }
}
