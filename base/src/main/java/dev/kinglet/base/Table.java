package dev.kinglet.base;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows of cells, as text in columns or as Markdown. */
public final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final boolean[] right;

    /** @param heads of the columns; one that begins with {@code >} is of a column of numbers */
    public Table(String... heads) {
        right = new boolean[heads.length];
        List<String> first = new ArrayList<>();
        for (int i = 0; i < heads.length; i++) {
            right[i] = heads[i].startsWith(">");
            first.add(right[i] ? heads[i].substring(1) : heads[i]);
        }
        rows.add(first);
    }

    public Table row(String... cells) {
        if (cells.length != right.length) {
            throw new IllegalArgumentException("a row of " + cells.length + " cells in " + right.length + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    /** As Markdown, to be pasted into a page; without a line break at the end. */
    public String markdown() {
        List<List<String>> lines = new ArrayList<>(rows);
        lines.add(
                1,
                IntStream.range(0, right.length)
                        .mapToObj(i -> right[i] ? "---:" : "---")
                        .toList());
        return lines.stream()
                .map(row -> row.stream()
                        .map(cell -> cell.replace("|", "\\|"))
                        .collect(Collectors.joining(" | ", "| ", " |")))
                .collect(Collectors.joining("\n"));
    }

    /** Columns as wide as their widest cell, words to the left and numbers to the right; without a line break at the end. */
    @Override
    public String toString() {
        int[] widths = new int[right.length];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? "" : GAP).append(right[i] ? padding + row.get(i) : row.get(i) + padding);
            }
            lines.add(line.toString().stripTrailing());
        }
        return String.join("\n", lines);
    }
}
