package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Json;
import dev.kinglet.measure.CostTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A network's layers as text and as JSON. */
final class LayerTable {
    private static final int INPUTS_PER_LINE = 4;

    private LayerTable() {}

    static ArrayNode json(CostTable costs) {
        ArrayNode array = Json.array();
        for (CostTable.Row row : costs.rows()) {
            ObjectNode entry = array.addObject().put("name", row.name()).put("op", row.op());
            row.inputs().forEach(entry.putArray("inputs")::add);
            row.shape().forEach(entry.putArray("shape")::add);
            entry.put("params", row.parameters()).put("macs", row.macs());
            row.cio().ifPresent(cio -> entry.put("cio", cio));
        }
        return array;
    }

    /**
     * Inputs are the numbers of their rows, and left out where the only one is the row before, so that a
     * concatenation of many does not set the width.
     */
    static String text(String head, CostTable costs) {
        Table table = new Table(">#", head, "op", "inputs", ">output", ">parameters", ">MACs");
        Map<String, String> numbers = new HashMap<>(); // of rows, by their results
        for (CostTable.Row row : costs.rows()) {
            int number = numbers.size();
            List<String> from = row.inputs().stream()
                    .map(input -> numbers.getOrDefault(input, input))
                    .toList();
            if (from.equals(List.of(Integer.toString(number - 1)))) {
                from = List.of();
            }
            table.row(
                    Integer.toString(number),
                    row.name(),
                    row.op(),
                    line(from, 0),
                    row.shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
                    count(row.parameters()),
                    count(row.macs()));
            for (int first = INPUTS_PER_LINE; first < from.size(); first += INPUTS_PER_LINE) {
                table.row("", "", "", line(from, first), "", "", "");
            }
            numbers.put(row.result(), Integer.toString(number));
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
