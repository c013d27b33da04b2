package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.Table;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Layers of a network or nodes of an exported graph, one per row.
 *
 * @param head of the column of names
 */
record LayerTable(String head, List<Row> rows) {
    private static final int INPUTS_PER_LINE = 4;

    /**
     * One layer or node.
     *
     * @param result name that later rows have among their inputs
     * @param cio convolutional input/output; empty if it is not known
     */
    private record Row(
            String result,
            String name,
            String op,
            List<String> inputs,
            List<Long> shape,
            long parameters,
            long macs,
            OptionalLong cio) {}

    static LayerTable of(Network network) {
        List<Row> rows = new ArrayList<>();
        for (Layer layer : network.layers()) {
            Costs costs = Costs.of(layer);
            rows.add(new Row(
                    layer.name(),
                    layer.name(),
                    layer.op().getClass().getSimpleName(),
                    layer.inputs().stream().map(Layer::name).toList(),
                    List.of(
                            (long) layer.shape().channels(),
                            (long) layer.shape().height(),
                            (long) layer.shape().width()),
                    costs.parameters(),
                    costs.macs(),
                    OptionalLong.of(costs.cio())));
        }
        return new LayerTable("layer", rows);
    }

    static LayerTable of(OnnxFile file) throws IOException {
        return new LayerTable(
                "node",
                GraphCosts.nodes(file).stream()
                        .map(node -> new Row(
                                node.output(),
                                node.name(),
                                node.op(),
                                node.inputs(),
                                node.shape(),
                                node.parameters(),
                                node.macs(),
                                OptionalLong.empty()))
                        .toList());
    }

    long parameters() {
        return rows.stream().mapToLong(Row::parameters).sum();
    }

    long macs() {
        return rows.stream().mapToLong(Row::macs).sum();
    }

    ArrayNode json() {
        ArrayNode array = Json.array();
        for (Row row : rows) {
            ObjectNode entry = array.addObject().put("name", row.name).put("op", row.op);
            row.inputs.forEach(entry.putArray("inputs")::add);
            row.shape.forEach(entry.putArray("shape")::add);
            entry.put("params", row.parameters).put("macs", row.macs);
            row.cio.ifPresent(cio -> entry.put("cio", cio));
        }
        return array;
    }

    /**
     * The table as text. Inputs are the numbers of their rows, and left out where the only one is the row before, so that a
     * concatenation of many does not set the width.
     */
    @Override
    public String toString() {
        Table table = new Table(">#", head, "op", "inputs", ">output", ">parameters", ">MACs");
        Map<String, String> numbers = new HashMap<>(); // of rows, by their results
        for (Row row : rows) {
            int number = numbers.size();
            List<String> from = row.inputs.stream()
                    .map(input -> numbers.getOrDefault(input, input))
                    .toList();
            if (from.equals(List.of(Integer.toString(number - 1)))) {
                from = List.of();
            }
            table.row(
                    Integer.toString(number),
                    row.name,
                    row.op,
                    line(from, 0),
                    row.shape.stream().map(String::valueOf).collect(Collectors.joining("x")),
                    count(row.parameters),
                    count(row.macs));
            for (int first = INPUTS_PER_LINE; first < from.size(); first += INPUTS_PER_LINE) {
                table.row("", "", "", line(from, first), "", "", "");
            }
            numbers.put(row.result, Integer.toString(number));
        }
        return table.toString();
    }

    private static String line(List<String> inputs, int first) {
        return inputs.stream().skip(first).limit(INPUTS_PER_LINE).collect(Collectors.joining(", "));
    }

    private static String count(long value) {
        return value == 0 ? "" : Long.toString(value);
    }
}
