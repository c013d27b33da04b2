package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The operators a file may hold: the attributes each may have, and its output shape. Opset 17 of the ONNX operator
 * set, as far as networks need it; every other operator is refused.
 */
@SuppressWarnings("ImmutableEnumChecker") // the sets are immutable ones, the rules static methods
enum Operator {
    CONV("Conv", Set.of("kernel_shape", "strides", "pads", "group"), Operator::conv),
    BATCH_NORMALIZATION("BatchNormalization", Set.of("epsilon"), Operator::batchNormalization),
    RELU("Relu", Set.of(), Operator::unchangedShape),
    SIGMOID("Sigmoid", Set.of(), Operator::unchangedShape),
    HARD_SIGMOID("HardSigmoid", Set.of("alpha", "beta"), Operator::hardSigmoid),
    HARD_SWISH("HardSwish", Set.of(), Operator::unchangedShape),
    CLIP("Clip", Set.of(), Operator::clip),
    MAX_POOL("MaxPool", Set.of("kernel_shape", "strides", "pads"), Operator::pool),
    AVERAGE_POOL("AveragePool", Set.of("kernel_shape", "strides", "pads", "count_include_pad"), Operator::averagePool),
    CONCAT("Concat", Set.of("axis"), Operator::concat),
    ADD("Add", Set.of(), Operator::add),
    MUL("Mul", Set.of(), Operator::mul),
    DIV("Div", Set.of(), Operator::div),
    RESHAPE("Reshape", Set.of(), Operator::reshape),
    TRANSPOSE("Transpose", Set.of("perm"), Operator::transpose),
    RESIZE("Resize", Set.of("mode", "coordinate_transformation_mode", "nearest_mode"), Operator::resize),
    GATHER("Gather", Set.of("axis"), Operator::gather),
    PAD("Pad", Set.of(), Operator::pad),
    MAT_MUL("MatMul", Set.of(), Operator::matMul),
    GLOBAL_AVERAGE_POOL("GlobalAveragePool", Set.of(), Operator::globalAveragePool),
    FLATTEN("Flatten", Set.of("axis"), Operator::flatten),
    UNSQUEEZE("Unsqueeze", Set.of(), Operator::unsqueeze),
    LP_NORMALIZATION("LpNormalization", Set.of("axis", "p"), Operator::lpNormalization),
    GEMM("Gemm", Set.of("transB"), Operator::gemm),
    CAST("Cast", Set.of("to"), Operator::cast),
    QUANTIZE_LINEAR("QuantizeLinear", Set.of(), Operator::quantizeLinear),
    DEQUANTIZE_LINEAR("DequantizeLinear", Set.of("axis"), Operator::dequantizeLinear);

    private static final Map<String, Operator> BY_TYPE =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(o -> o.type, Function.identity()));

    private final String type;
    private final Set<String> attributes;

    private final Rule rule;

    /** Checks a node; the result is the axes of its output, without the batch, not yet checked against the limits. */
    @FunctionalInterface
    private interface Rule {
        List<Long> output(Node node) throws OnnxException;
    }

    Operator(String type, Set<String> attributes, Rule rule) {
        this.type = type;
        this.attributes = attributes;
        this.rule = rule;
    }

    /** The operator of an {@code op_type}, or null if it is none of these. */
    static @Nullable Operator of(String type) {
        return BY_TYPE.get(type);
    }

    static List<String> types() {
        return BY_TYPE.keySet().stream().sorted().toList();
    }

    /** Names of the attributes it may have. */
    Set<String> attributes() {
        return attributes;
    }

    /** Kind of the node's output: float32 but for the operators that change the type. */
    Values.Kind kind(Node node) {
        return switch (this) {
            case QUANTIZE_LINEAR -> Values.Kind.BYTES;
            case DEQUANTIZE_LINEAR -> node.isConstant(0) ? Values.Kind.WEIGHT : Values.Kind.FLOATS;
            default -> Values.Kind.FLOATS;
        };
    }

    /**
     * Axes of the node's output, without the batch.
     *
     * @throws OnnxException if its inputs or attributes do not fit
     */
    List<Long> output(Node node) throws OnnxException {
        return rule.output(node);
    }

    /** Multiply-accumulates or comparisons per output element, once {@link #output} has checked the node. */
    long operations(Node node) throws OnnxException {
        return switch (this) {
            case CONV -> product(node.weight(1).subList(1, 4));
            case GEMM -> node.weight(1).get(1);
            case MAT_MUL ->
                node.isConstant(0) ? node.weight(0).get(1) : node.weight(1).get(0);
            case MAX_POOL, AVERAGE_POOL -> product(node.integers("kernel_shape", 2, 1));
            case GLOBAL_AVERAGE_POOL -> product(node.image(0).subList(1, 3));
            default -> 1;
        };
    }

    private static List<Long> conv(Node node) throws OnnxException {
        node.requireInputs(2, 3);
        List<Long> x = node.image(0);
        List<Long> weight = node.weight(1); // [out, in / group, height, width]
        node.require(weight.size() == 4, "a weight is to be [out, in / group, height, width], not " + weight);
        long group = node.integer("group", 1);
        long out = weight.get(0);
        node.require(
                group >= 1
                        && group <= out
                        && out % group == 0
                        && x.get(0) % group == 0
                        && x.get(0) / group == weight.get(1),
                "a weight " + weight + " in " + group + " groups does not fit " + x.get(0) + " channels");
        node.require(
                node.integers("kernel_shape", 2, 1).equals(weight.subList(2, 4)),
                "kernel_shape is not that of the weight, " + weight);
        if (node.inputs() == 3) {
            node.requireWeight(2, List.of(out));
        }
        return slide(node, out, x);
    }

    private static List<Long> batchNormalization(Node node) throws OnnxException {
        node.requireInputs(5, 5);
        node.requireReal("epsilon");
        List<Long> x = node.activation(0);
        for (int input = 1; input < 5; input++) {
            node.requireWeight(input, List.of(x.get(0)));
        }
        return x;
    }

    private static List<Long> unchangedShape(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        return node.activation(0);
    }

    private static List<Long> hardSigmoid(Node node) throws OnnxException {
        node.requireReal("alpha");
        node.requireReal("beta");
        return unchangedShape(node);
    }

    private static List<Long> clip(Node node) throws OnnxException {
        node.requireInputs(3, 3);
        node.requireWeight(1, List.of());
        node.requireWeight(2, List.of());
        return node.activation(0);
    }

    private static List<Long> pool(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        List<Long> x = node.image(0);
        return slide(node, x.get(0), x);
    }

    private static List<Long> averagePool(Node node) throws OnnxException {
        node.requireInteger("count_include_pad", 1);
        return pool(node);
    }

    /** Moves the node's window over an image; all numbers are below 2^16 or the axis of a measured activation. */
    private static List<Long> slide(Node node, long channels, List<Long> x) throws OnnxException {
        List<Long> kernel = node.integers("kernel_shape", 2, 1);
        List<Long> strides = node.integers("strides", 2, 1);
        List<Long> pads = node.integers("pads", 4, 0); // top, left, bottom, right
        List<Long> made = new ArrayList<>(List.of(channels));
        for (int axis = 0; axis < 2; axis++) {
            long span = x.get(axis + 1) + pads.get(axis) + pads.get(axis + 2) - kernel.get(axis);
            node.require(span >= 0, "a window of " + kernel + " with pads " + pads + " does not fit " + x);
            made.add(span / strides.get(axis) + 1);
        }
        return made;
    }

    private static List<Long> concat(Node node) throws OnnxException {
        node.requireInteger("axis", 1);
        node.requireInputs(1, Integer.MAX_VALUE);
        List<Long> first = node.activation(0);
        long channels = 0;
        for (int input = 0; input < node.inputs(); input++) {
            List<Long> x = node.activation(input);
            node.require(
                    x.size() == first.size() && x.subList(1, x.size()).equals(first.subList(1, first.size())),
                    "cannot concatenate " + first + " and " + x);
            channels += x.get(0);
        }
        List<Long> made = new ArrayList<>(first);
        made.set(0, channels);
        return made;
    }

    private static List<Long> add(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        List<Long> a = node.activation(0);
        if (node.isConstant(1)) {
            if (a.size() > 1 || !node.weight(1).equals(a)) { // one number for each feature of a vector, or one for all
                node.requireWeight(1, List.of());
            }
            return a;
        }
        List<Long> b = node.activation(1);
        node.require(a.equals(b), "cannot add " + a + " and " + b);
        return a;
    }

    /** Division by a scalar. */
    private static List<Long> div(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        node.requireWeight(1, List.of());
        return node.activation(0);
    }

    /** The batch axis stays. */
    private static List<Long> reshape(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        List<Long> x = node.image(0);
        List<Long> dims = node.longs(1);
        node.require(
                dims.size() == 4
                        && dims.get(0) == 0
                        && dims.stream().skip(1).allMatch(d -> d >= 1 && d <= MAX_AXIS_LENGTH),
                "its dimensions are to be 0, for the batch, and three of 1 to " + MAX_AXIS_LENGTH + ", not " + dims);
        List<Long> made = dims.subList(1, 4);
        node.require(product(made) == product(x), "cannot reshape " + x + " to " + made);
        return made;
    }

    private static long product(List<Long> axes) {
        return axes.stream().reduce(1L, Math::multiplyExact);
    }

    /** The batch axis stays. */
    private static List<Long> transpose(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        List<Long> x = node.image(0);
        List<Long> order = node.integers("perm", 4, 0);
        node.require(
                order.get(0) == 0 && Set.copyOf(order).equals(Set.of(0L, 1L, 2L, 3L)),
                "its order is to be 0 and then 1, 2 and 3, not " + order);
        return order.stream().skip(1).map(axis -> x.get(axis.intValue() - 1)).toList();
    }

    /** Elementwise, or with one factor per channel. */
    private static List<Long> mul(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        List<Long> x = node.activation(0);
        List<Long> factors = node.activation(1);
        List<Long> channels = x.size() == 1 ? x : List.of(x.get(0), 1L, 1L);
        node.require(factors.equals(x) || factors.equals(channels), "cannot scale " + x + " by " + factors);
        return x;
    }

    /** One value per channel, broadcast to every pixel. */
    private static List<Long> resize(Node node) throws OnnxException {
        node.requireInputs(3, 3);
        node.require(node.isLeftOut(1), "it is to have no region of interest");
        node.requireText("mode", "nearest");
        node.requireText("coordinate_transformation_mode", "asymmetric");
        node.requireText("nearest_mode", "floor");
        List<Long> x = node.image(0);
        node.require(x.get(1) == 1 && x.get(2) == 1, "it is to have one value per channel, not " + x);
        node.requireWeight(2, List.of(4L));
        float[] scales = Protos.floats(node.constant(2, TensorProto.DataType.FLOAT)); // batch, channels, height, width
        node.require(
                scales[0] == 1 && scales[1] == 1 && isSide(scales[2]) && isSide(scales[3]),
                "its scales are to be 1, 1 and two whole numbers of 1 to 65535, not " + Arrays.toString(scales));
        return List.of(x.get(0), (long) scales[2], (long) scales[3]);
    }

    private static boolean isSide(float scale) {
        return scale >= 1 && scale <= 0xFFFF && scale == (int) scale;
    }

    /** A channel gather. */
    private static List<Long> gather(Node node) throws OnnxException {
        node.requireInteger("axis", 1);
        node.requireInputs(2, 2);
        List<Long> x = node.activation(0);
        List<Long> channels = node.longs(1);
        long last = x.get(0) - 1;
        node.require(
                !channels.isEmpty() && channels.stream().allMatch(c -> c >= 0 && c <= last),
                "its channels are to be one or more of 0 to " + last);
        List<Long> made = new ArrayList<>(x);
        made.set(0, (long) channels.size());
        return made;
    }

    /** Zero channels before and after. */
    private static List<Long> pad(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        List<Long> x = node.image(0);
        List<Long> pads = node.longs(1); // before and then after: batch, channels, height, width
        node.require(
                pads.size() == 8 && pads.stream().allMatch(p -> p >= 0 && p <= 0xFFFF),
                "its pads are to be eight integers of 0 to 65535");
        List<Long> others = List.of(pads.get(0), pads.get(2), pads.get(3), pads.get(4), pads.get(6), pads.get(7));
        node.require(others.stream().allMatch(p -> p == 0), "it is to pad channels only, not by " + pads);
        return List.of(pads.get(1) + x.get(0) + pads.get(5), x.get(1), x.get(2));
    }

    /** A constant matrix times each channel, from the left, or each channel times the matrix, from the right. */
    private static List<Long> matMul(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        boolean left = node.isConstant(0);
        List<Long> x = node.image(left ? 1 : 0);
        List<Long> matrix = node.weight(left ? 0 : 1);
        node.require(
                matrix.size() == 2 && matrix.get(left ? 1 : 0).equals(x.get(left ? 1 : 2)),
                "a matrix " + matrix + " does not fit " + x);
        return left ? List.of(x.get(0), matrix.get(0), x.get(2)) : List.of(x.get(0), x.get(1), matrix.get(1));
    }

    private static List<Long> globalAveragePool(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        return List.of(node.image(0).get(0), 1L, 1L);
    }

    private static List<Long> flatten(Node node) throws OnnxException {
        node.requireInteger("axis", 1);
        node.requireInputs(1, 1);
        return List.of(node.activation(0).stream().reduce(1L, Math::multiplyExact));
    }

    /** Vectors of length one. */
    private static List<Long> lpNormalization(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        node.requireInteger("axis", 1);
        node.requireInteger("p", 2);
        return List.of(node.vector(0));
    }

    private static List<Long> unsqueeze(Node node) throws OnnxException {
        node.requireInputs(2, 2);
        long channels = node.vector(0);
        TensorProto axes = node.constant(1, TensorProto.DataType.INT64);
        node.require(
                axes.getDimsList().equals(List.of(2L)) && axes.getRawData().equals(IMAGE_AXES),
                "its axes are to be 2 and 3");
        return List.of(channels, 1L, 1L);
    }

    private static List<Long> gemm(Node node) throws OnnxException {
        node.requireInteger("transB", 1);
        node.requireInputs(2, 3);
        long in = node.vector(0);
        List<Long> weight = node.weight(1); // [out, in]
        node.require(
                weight.size() == 2 && weight.get(1) == in, "a weight " + weight + " does not fit a vector of " + in);
        if (node.inputs() == 3) {
            node.requireWeight(2, weight.subList(0, 1));
        }
        return weight.subList(0, 1);
    }

    /** Cast of uint8 to float32. */
    private static List<Long> cast(Node node) throws OnnxException {
        node.requireInputs(1, 1);
        node.requireInteger("to", TensorProto.DataType.FLOAT.getNumber());
        return node.bytes(0);
    }

    /** Quantization to uint8 by one scale and zero point. */
    private static List<Long> quantizeLinear(Node node) throws OnnxException {
        node.requireInputs(3, 3);
        requireUint8Scale(node);
        return node.activation(0);
    }

    /** Dequantization of a uint8 activation by one scale, or of an int8 weight by one scale per output channel. */
    private static List<Long> dequantizeLinear(Node node) throws OnnxException {
        node.requireInputs(3, 3);
        if (!node.isConstant(0)) {
            requireUint8Scale(node);
            return node.bytes(0);
        }
        List<Long> weight = node.constant(0, TensorProto.DataType.INT8).getDimsList();
        node.requireInteger("axis", 0);
        node.require(!weight.isEmpty(), "a weight is to have axes");
        List<Long> channels = weight.subList(0, 1);
        node.requireScales(1, channels);
        node.requireConstant(2, TensorProto.DataType.INT8, channels);
        return weight;
    }

    private static void requireUint8Scale(Node node) throws OnnxException {
        node.requireScales(1, List.of());
        node.requireConstant(2, TensorProto.DataType.UINT8, List.of());
    }

    private static final long MAX_AXIS_LENGTH = 1L << 20; // a product of three still fits a long

    private static final ByteString IMAGE_AXES = ByteString.copyFrom(ByteBuffer.allocate(2 * Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(2)
            .putLong(3)
            .flip());
}
