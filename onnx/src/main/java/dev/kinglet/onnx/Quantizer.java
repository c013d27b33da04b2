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
 * Static int8 quantization of a float32 file, as QuantizeLinear and DequantizeLinear (QDQ) nodes around the operators that
 * ONNX Runtime has integer kernels for. Weights become int8 with one scale per output channel, activations uint8 with one
 * scale and zero point, biases stay float32. It runs nothing itself: the ranges are given.
 */
public final class Quantizer {
    /*
     * An activation is quantized if an integer operator reads or computes it (quantizedActivations), unless only float32
     * layers would read it or it is the file's output. After the node that computes such an activation a pair of nodes is
     * written, QuantizeLinear and DequantizeLinear with the same scale and zero point, and every reader but the float32
     * layers reads the second one's output. ONNX Runtime replaces "dequantize, operator, quantize" by one integer kernel;
     * without a kernel the nodes run as written, so the result differs by rounding alone.
     *
     * Relu and Clip cost nothing where they are an operator's only reader: then the activation after them is quantized, and
     * values saturate at the ends of its range, 0 and at most 6, as they would be clipped. Operators that only move values
     * (MOVING) pass the scale of their input on, so that nothing is rounded twice.
     *
     * A weight is stored as int8 and read through a DequantizeLinear with one scale per output channel. Its rounding shifts
     * the mean of the output; the bias compensates the expected shift, computed from the mean of each input channel on the
     * calibration images (QuantizedWeight.correct). A layer without a bias gets one.
     */
    /** In a quantized file's metadata: the names of the layers kept in float32, separated by commas. */
    public static final String FLOAT_LAYERS = "float_layers";

    /** In a quantized file's metadata: how the ranges were found. */
    public static final String CALIBRATION = "calibration";

    private static final Set<String> WEIGHTED = Set.of("Conv", "Gemm");

    /** Operators with integer kernels, whose activations are quantized. */
    private static final Set<String> INTEGER =
            Set.of("Conv", "Gemm", "Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool");

    /** Operators that only move values, so that their output keeps the scale of their input. */
    private static final Set<String> MOVING =
            Set.of("MaxPool", "Flatten", "Unsqueeze", "Reshape", "Transpose", "Gather", "Resize");

    /** Operators that saturation replaces where they are the only reader of an activation. */
    private static final Set<String> CLIPPING = Set.of("Relu", "Clip");

    private final ModelProto model;
    private final GraphProto graph;
    private final String input; // its name
    private final String output;
    private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
    private final Map<String, NodeProto> producers = new HashMap<>(); // by the activation they compute
    private final Map<String, List<NodeProto>> readers = new HashMap<>(); // by activation

    /** @param file a float32 file, as {@link OnnxFile#of} makes it */
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
            producers.put(node.getOutput(0), node);
            for (String name : node.getInputList()) {
                readers.computeIfAbsent(name, made -> new ArrayList<>()).add(node);
            }
        }
    }

    /** Names of the layers that can be quantized or kept in float32. */
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
     * The quantized layers whose neighbors are all float32: every layer that computes an input of theirs, or reads their
     * output, is one of {@code floatLayers}, or they are at the file's input or output.
     *
     * @param floatLayers names of layers kept in float32
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

    /** Whether the last layers before an activation are all among these. */
    private boolean isMadeOf(String activation, Set<String> floatLayers) {
        NodeProto producer = producers.get(activation);
        if (producer == null) {
            return true; // the file's input, or a constant
        }
        return isLayer(producer)
                ? floatLayers.contains(producer.getName())
                : producer.getInputList().stream().allMatch(name -> isMadeOf(name, floatLayers));
    }

    /** Whether the first layers after an activation are all among these. */
    private boolean isReadBy(String activation, Set<String> floatLayers) {
        return readers(activation).stream()
                .allMatch(reader -> isLayer(reader)
                        ? floatLayers.contains(reader.getName())
                        : isReadBy(reader.getOutput(0), floatLayers));
    }

    /** Activations that can be quantized, whose statistics are needed; the file's input can be among them. */
    public List<String> activations() {
        return List.copyOf(quantizedActivations(Set.of()));
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
     * @param floatLayers names of layers kept in float32, which read activations before their quantization
     * @param calibration how the ranges were found, for the metadata
     * @throws IllegalArgumentException if a range or means are missing, or there is no such layer
     */
    public OnnxFile quantized(
            Map<String, QuantizationRange> ranges,
            Map<String, float[]> means,
            Set<String> floatLayers,
            String calibration) {
        Set<String> layers = layers();
        for (String layer : floatLayers) {
            if (!layers.contains(layer)) {
                throw new IllegalArgumentException("there is no layer '" + layer
                        + "' that could be quantized; there are " + String.join(", ", layers));
            }
        }
        return OnnxFile.checked(new Writer(ranges, means, floatLayers).write(calibration));
    }

    /** Names of the activations that are quantized, in the order of the nodes. */
    private Set<String> quantizedActivations(Set<String> floatLayers) {
        Set<String> wanted = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (isInteger(node, floatLayers)) {
                node.getInputList().stream()
                        .filter(name -> !initializers.containsKey(name))
                        .forEach(wanted::add);
                wanted.add(afterClipping(node));
            }
        }
        wanted.remove(output);
        // what only float32 layers would read stays float32
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

    /** Whether it can be quantized or kept in float32. */
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

    /** Whether each output channel reads one input channel of its own. */
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

    /** A node's output, or the clipped output where clipping is its only reader. */
    private String afterClipping(NodeProto node) {
        String made = node.getOutput(0);
        List<NodeProto> next = readers(made);
        return next.size() == 1 && CLIPPING.contains(next.get(0).getOpType())
                ? next.get(0).getOutput(0)
                : made;
    }

    /** Writes one quantized graph; used once. */
    private final class Writer {
        /** Names of the initializers for an activation's scale and zero point. */
        private record Scale(String scale, String zero) {}

        private final Map<String, QuantizationRange> ranges;
        private final Map<String, float[]> means;
        private final Set<String> floatLayers;
        private final Set<String> quantized;
        private final GraphProto.Builder written = GraphProto.newBuilder();
        private final Names names = new Names();
        private final Names nodes = new Names();
        private final Map<String, Scale> scales = new HashMap<>(); // by activation
        private final Map<String, String> dequantized = new HashMap<>(); // by activation
        private final Map<String, String> shared = new HashMap<>(); // value of a constant -> its name

        Writer(Map<String, QuantizationRange> ranges, Map<String, float[]> means, Set<String> floatLayers) {
            this.ranges = ranges;
            this.means = means;
            this.floatLayers = floatLayers;
            this.quantized = quantizedActivations(floatLayers);
            names.fresh(input);
            initializers.keySet().forEach(names::fresh);
            for (NodeProto node : graph.getNodeList()) {
                names.fresh(node.getOutput(0));
                nodes.fresh(node.getName());
            }
        }

        ModelProto write(String calibration) {
            Map<String, TensorProto> kept = new LinkedHashMap<>(initializers);
            if (quantized.contains(input)) {
                quantizeAndDequantize(input);
            }
            for (NodeProto node : graph.getNodeList()) {
                NodeProto.Builder next = node.toBuilder();
                if (!floatLayers.contains(node.getName())) {
                    for (int i = 0; i < node.getInputCount(); i++) {
                        next.setInput(i, dequantized.getOrDefault(node.getInput(i), node.getInput(i)));
                    }
                }
                if (isInteger(node, floatLayers) && isWeighted(node)) {
                    quantizeWeight(node, next);
                    kept.remove(node.getInput(1));
                    if (node.getInputCount() == 3) {
                        kept.remove(node.getInput(2));
                    }
                }
                written.addNode(next);
                if (quantized.contains(node.getOutput(0))) {
                    quantizeAndDequantize(node.getOutput(0));
                }
            }
            written.setName(graph.getName())
                    .addAllInput(graph.getInputList())
                    .addAllOutput(graph.getOutputList())
                    .addAllValueInfo(graph.getValueInfoList())
                    .addAllInitializer(kept.values());
            return model.toBuilder()
                    .setGraph(written)
                    .addMetadataProps(Protos.entry(CALIBRATION, calibration))
                    .addMetadataProps(Protos.entry(FLOAT_LAYERS, String.join(",", floatLayers)))
                    .build();
        }

        private void quantizeAndDequantize(String activation) {
            Scale scale = scale(activation);
            scales.put(activation, scale);
            String uint8 = names.fresh(activation + ".q");
            String back = names.fresh(activation + ".dq");
            convert("QuantizeLinear", activation, scale.scale(), scale.zero(), uint8);
            convert("DequantizeLinear", uint8, scale.scale(), scale.zero(), back);
            dequantized.put(activation, back);
        }

        private void convert(
                String type, String from, String scale, String zero, String to, AttributeProto... attributes) {
            written.addNode(Protos.node(type, nodes.fresh(to), List.of(from, scale, zero), to, attributes));
        }

        private Scale scale(String activation) {
            NodeProto producer = producers.get(activation);
            @Nullable
            Scale source =
                    producer != null && MOVING.contains(producer.getOpType()) ? scales.get(producer.getInput(0)) : null;
            if (source != null) {
                return source;
            }
            QuantizationRange range = given(ranges, activation);
            String scale = names.fresh(activation + ".scale");
            written.addInitializer(Protos.floats(scale, List.of(), range.scale()));
            String zero = shared.computeIfAbsent("zero " + (range.zero() & 0xff), what -> {
                String name = names.fresh(what);
                written.addInitializer(Protos.bytes(name, TensorProto.DataType.UINT8, List.of(), range.zero()));
                return name;
            });
            return new Scale(scale, zero);
        }

        /**
         * Writes an int8 weight and its dequantization, which the node reads. The bias compensates the shift of the output's
         * mean that the rounding causes (Nagel et al., "Data-Free Quantization", 2019, with the means on calibration images).
         */
        private void quantizeWeight(NodeProto node, NodeProto.Builder next) {
            TensorProto weight = weight(node);
            int channels = Math.toIntExact(weight.getDims(0));
            float[] values = Protos.floats(weight);
            QuantizedWeight int8 = QuantizedWeight.of(values, channels, !isDepthwise(node));
            String name = weight.getName();
            String scale = names.fresh(name + ".scale");
            String back = names.fresh(name + ".dq");
            String zeros = shared.computeIfAbsent("zeros " + channels, what -> {
                String fresh = names.fresh(what);
                written.addInitializer(
                        Protos.bytes(fresh, TensorProto.DataType.INT8, List.of(channels), new byte[channels]));
                return fresh;
            });
            written.addInitializer(Protos.bytes(name, TensorProto.DataType.INT8, weight.getDimsList(), int8.values()))
                    .addInitializer(Protos.floats(scale, List.of(channels), int8.scales()));
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
            int8.correct(bias, values, given(means, node.getInput(0)), Math.toIntExact(weight.getDims(1)));
            written.addInitializer(Protos.floats(biasName, List.of(channels), bias));
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
