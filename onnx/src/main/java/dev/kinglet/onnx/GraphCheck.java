package dev.kinglet.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.kinglet.network.Card;
import dev.kinglet.network.Shape;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Check that a parsed model is one Kinglet could have written, and its contents. Every shape is followed from the input to
 * the output, so that the memory a run of the graph allocates is known beforehand. Used once.
 */
final class GraphCheck {
    /** Size of one element in bytes, by the number of its data type. */
    private static final Map<Integer, Integer> SIZES = Map.of(
            TensorProto.DataType.FLOAT.getNumber(),
            Float.BYTES,
            TensorProto.DataType.UINT8.getNumber(),
            1,
            TensorProto.DataType.INT8.getNumber(),
            1,
            TensorProto.DataType.INT64.getNumber(),
            Long.BYTES);

    private final OnnxLimits limits;
    private final Values values = new Values();
    private long weights;
    private long elements; // of all activations so far
    private long operations; // of all nodes so far

    GraphCheck(OnnxLimits limits) {
        this.limits = limits;
    }

    /** @throws OnnxException if the model is refused; the message names the node or tensor */
    OnnxFile.Contents contents(ModelProto model) throws OnnxException {
        require(model.hasGraph(), "not an ONNX file: it holds no graph");
        checkVersions(model);
        require(
                model.getFunctionsCount() == 0 && model.getTrainingInfoCount() == 0,
                "it holds functions or training information, which are not read");
        GraphProto graph = model.getGraph();
        require(graph.getSparseInitializerCount() == 0, "it holds sparse initializers, which are not read");
        require(
                graph.getInputCount() == 1 && (graph.getOutputCount() == 1 || graph.getOutputCount() == 2),
                "it has " + graph.getInputCount() + " inputs and " + graph.getOutputCount()
                        + " outputs; one input is read, and one or two outputs: the logits and the embedding");

        for (TensorProto tensor : graph.getInitializerList()) {
            checkTensor(tensor);
        }
        Map<String, String> metadata = metadata(model);
        Card card = card(metadata);
        InputType type = InputType.in(metadata);
        Shape image = card.preprocessing().shape();
        ValueInfoProto input = graph.getInput(0);
        List<Long> dims = List.of((long) image.channels(), (long) image.height(), (long) image.width());
        require(
                declared(input, type).equals(dims),
                "input '" + input.getName() + "' is [batch, ...] of " + declared(input, type)
                        + ", but the metadata's input_size makes " + dims);
        make(
                input.getName(),
                switch (type) {
                    case FLOAT32 -> Values.Kind.FLOATS;
                    case UINT8 -> Values.Kind.BYTES;
                },
                dims);
        checkNodes(graph);
        for (ValueInfoProto value : graph.getValueInfoList()) {
            checkDeclared(value);
        }
        ValueInfoProto output = graph.getOutput(0);
        checkDeclared(output);
        require(
                declared(output, InputType.FLOAT32)
                        .equals(List.of((long) card.labels().size())),
                "output '" + output.getName() + "' is [batch, ...] of " + declared(output, InputType.FLOAT32)
                        + ", but the metadata names "
                        + card.labels().size() + " classes");
        return new OnnxFile.Contents(card, input.getName(), type, image, output.getName(), features(graph));
    }

    /** Length of the embedding, if it is an output. */
    private OptionalInt features(GraphProto graph) throws OnnxException {
        if (graph.getOutputCount() == 1) {
            return OptionalInt.empty();
        }
        ValueInfoProto embedding = graph.getOutput(1);
        require(
                embedding.getName().equals(OnnxFile.EMBEDDING),
                "its outputs are '" + graph.getOutput(0).getName() + "' and '" + embedding.getName()
                        + "'; the second is to be '" + OnnxFile.EMBEDDING + "'");
        checkDeclared(embedding);
        List<Long> axes = declared(embedding, InputType.FLOAT32);
        require(
                axes.size() == 1,
                "output '" + embedding.getName() + "' is [batch, ...] of " + axes + ", not one vector per image");
        return OptionalInt.of(Math.toIntExact(axes.get(0)));
    }

    private static void checkVersions(ModelProto model) throws OnnxException {
        require(
                model.getIrVersion() == OnnxFile.IR_VERSION,
                "its IR version is " + model.getIrVersion() + "; version " + OnnxFile.IR_VERSION + " is read");
        for (OperatorSetIdProto set : model.getOpsetImportList()) {
            require(
                    set.getDomain().isEmpty() && set.getVersion() == OnnxFile.OPSET,
                    "it uses version " + set.getVersion() + " of operator set '" + set.getDomain() + "'; only version "
                            + OnnxFile.OPSET + " of '', the standard one, is read");
        }
        require(
                model.getOpsetImportCount() == 1,
                "it names " + model.getOpsetImportCount() + " operator sets, not one");
    }

    private static Map<String, String> metadata(ModelProto model) throws OnnxException {
        Map<String, String> metadata = new HashMap<>();
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            require(
                    metadata.put(entry.getKey(), entry.getValue()) == null,
                    "metadata '" + entry.getKey() + "' is given twice");
        }
        return metadata;
    }

    private static Card card(Map<String, String> metadata) throws OnnxException {
        try {
            return Card.fromMetadata(metadata);
        } catch (IOException e) {
            throw new OnnxException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        }
    }

    private void checkTensor(TensorProto tensor) throws OnnxException {
        String name = "initializer '" + tensor.getName() + "'";
        require(
                tensor.getExternalDataCount() == 0 && tensor.getDataLocation() == TensorProto.DataLocation.DEFAULT,
                name + " names data outside the file, which is not read");
        Integer size = SIZES.get(tensor.getDataType());
        if (size == null) {
            throw new OnnxException(name + " is of data type " + tensor.getDataType()
                    + "; 1 (float), 2 (uint8), 3 (int8) and 7 (int64) are read");
        }
        long elements = elements(name, tensor.getDimsList(), limits.weights());
        require(
                tensor.getRawData().size() == elements * size,
                name + " of dimensions " + tensor.getDimsList() + " takes " + elements * size + " bytes, but has "
                        + tensor.getRawData().size());
        count(name, elements);
        values.add(tensor);
    }

    private void count(String name, long elements) throws OnnxException {
        weights += elements;
        require(
                weights <= limits.weights(),
                name + ": the tensors up to here have " + weights + " elements, more than " + limits.weights());
    }

    private void checkNodes(GraphProto graph) throws OnnxException {
        Set<String> names = new HashSet<>();
        for (NodeProto proto : graph.getNodeList()) {
            String at = "node '" + proto.getName() + "'";
            require(
                    !proto.getName().isEmpty() && names.add(proto.getName()),
                    at + ": another node has this name, or it has none");
            Operator operator = proto.getDomain().isEmpty() ? Operator.of(proto.getOpType()) : null;
            if (operator == null) {
                throw new OnnxException(at + ": operator '" + proto.getOpType() + "' of operator set '"
                        + proto.getDomain() + "' is not one of " + Operator.types());
            }
            require(proto.getOutputCount() == 1, at + " has " + proto.getOutputCount() + " outputs, not one");
            Node node = new Node(proto, operator.attributes(), values);
            long made = make(proto.getOutput(0), operator.kind(node), operator.output(node));
            long each = operator.operations(node);
            require(
                    each <= (limits.operations() - operations) / made,
                    at + " makes " + made + " elements by " + each + " operations each; with the " + operations
                            + " of the nodes before it that is more than " + limits.operations());
            operations += each * made;
        }
    }

    /**
     * Registers an activation or a weight of this name, after its size is checked against the limits.
     *
     * @return how many elements it has
     */
    private long make(String name, Values.Kind kind, List<Long> axes) throws OnnxException {
        long made;
        if (kind == Values.Kind.WEIGHT) {
            String what = "weight '" + name + "'";
            made = elements(what, axes, limits.weights());
            count(what, made);
        } else {
            String what = "activation '" + name + "'";
            made = elements(what, axes, limits.activation());
            elements += made;
            require(
                    elements <= limits.activations(),
                    what + ": the activations up to here have " + elements + " elements, more than "
                            + limits.activations());
        }
        values.add(name, kind, axes);
        return made;
    }

    /** The product of {@code dims}, if each is at least 1 and it is at most {@code limit}. */
    private static long elements(String what, List<Long> dims, long limit) throws OnnxException {
        long elements = 1;
        for (long dim : dims) {
            require(dim >= 1, what + " has dimensions " + dims + "; each is to be at least 1");
            require(dim <= limit / elements, what + " has dimensions " + dims + ", more than " + limit + " elements");
            elements *= dim;
        }
        return elements;
    }

    private void checkDeclared(ValueInfoProto value) throws OnnxException {
        List<Long> found = values.axes(value.getName(), Values.Kind.FLOATS);
        if (found == null) {
            throw new OnnxException("'" + value.getName() + "' is declared, but no node makes it");
        }
        List<Long> declared = declared(value, InputType.FLOAT32);
        require(
                found.equals(declared),
                "'" + value.getName() + "' is declared as [batch, ...] of " + declared + ", but the nodes make "
                        + found);
    }

    /** The declared axes of an activation, after a free batch axis. */
    private static List<Long> declared(ValueInfoProto value, InputType type) throws OnnxException {
        String name = "'" + value.getName() + "'";
        require(
                value.getType().getTensorType().getElemType() == type.element().getNumber(),
                name + " is not declared as a tensor of " + type.key());
        List<TensorShapeProto.Dimension> dims =
                value.getType().getTensorType().getShape().getDimList();
        require(
                !dims.isEmpty() && !dims.get(0).getDimParam().isEmpty(),
                name + " is to have a free batch axis, with a name instead of a length");
        return dims.stream()
                .skip(1)
                .map(TensorShapeProto.Dimension::getDimValue)
                .toList();
    }

    private static void require(boolean holds, String problem) throws OnnxException {
        if (!holds) {
            throw new OnnxException(problem);
        }
    }
}
