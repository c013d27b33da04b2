package dev.kinglet.cli.console;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows as Markdown has them, to be pasted into a page. */
public final class MarkdownTable {
    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    /** @param heads of the columns; one that begins with {@code >} is of a column of numbers */
    public MarkdownTable(String... heads) {
        columns = heads.length;
        rows.add(Stream.of(heads)
                .map(head -> head.startsWith(">") ? head.substring(1) : head)
                .toList());
        rows.add(Stream.of(heads)
                .map(head -> head.startsWith(">") ? "---:" : "---")
                .toList());
    }

    public MarkdownTable row(String... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException("a row of " + cells.length + " cells in " + columns + " columns");
        }
        rows.add(Stream.of(cells).map(cell -> cell.replace("|", "\\|")).toList());
        return this;
    }

    /** Without a line break at the end. */
    @Override
    public String toString() {
        return rows.stream().map(row -> "| " + String.join(" | ", row) + " |").collect(Collectors.joining("\n"));
    }
}
