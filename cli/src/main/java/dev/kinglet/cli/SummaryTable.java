package dev.kinglet.cli;

import dev.kinglet.cli.console.TextTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Layers of a network, one per row. Inputs are the numbers of their rows, and left out where the only one is the row
 * before, so that a concatenation of many does not set the width.
 */
final class SummaryTable {
    private static final int INPUTS_PER_LINE = 4;

    private final TextTable table;
    private final Map<String, Integer> numbers = new HashMap<>(); // row of what has this name
    private int rows;

    /** @param head of the column of names */
    SummaryTable(String head) {
        table = new TextTable(">#", head, "op", "inputs", ">output", ">parameters", ">MACs");
    }

    /** @param result what later rows call it among their inputs */
    void row(String result, String name, String op, List<String> inputs, String shape, long parameters, long macs) {
        List<String> from = new ArrayList<>();
        for (String input : inputs) {
            Integer number = numbers.get(input);
            from.add(number == null ? input : number.toString());
        }
        if (from.equals(List.of(Integer.toString(rows - 1)))) {
            from.clear();
        }
        table.row(Integer.toString(rows), name, op, line(from, 0), shape, count(parameters), count(macs));
        for (int first = INPUTS_PER_LINE; first < from.size(); first += INPUTS_PER_LINE) {
            table.row("", "", "", line(from, first), "", "", "");
        }
        numbers.put(result, rows++);
    }

    private static String line(List<String> inputs, int first) {
        return inputs.stream().skip(first).limit(INPUTS_PER_LINE).collect(Collectors.joining(", "));
    }

    private static String count(long value) {
        return value == 0 ? "" : Long.toString(value);
    }

    @Override
    public String toString() {
        return table.toString();
    }
}
