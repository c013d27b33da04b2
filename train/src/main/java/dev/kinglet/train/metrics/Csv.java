package dev.kinglet.train.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Comma-separated values (RFC 4180), the same in every locale. */
public final class Csv {
    private Csv() {}

    /** Text, in quotes if it would be misread without. */
    static String quoted(String text) {
        return text.matches("[^,\"\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** A number with so many digits after the point; {@code NaN} and infinities by their Java names. */
    public static String decimal(double value, int digits) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + digits + "f", value) : Double.toString(value);
    }

    /**
     * The rows of a file of numbers without quotes.
     *
     * @param row what a line is, for the message: {@code a row of four numbers}
     * @param reader of a line's cells
     * @throws IllegalArgumentException if the header is another or a line is no such row; the message says which
     */
    public static <T> List<T> table(String csv, String header, String row, Function<String[], T> reader) {
        List<String> lines = csv.lines().toList();
        if (lines.isEmpty() || !lines.get(0).equals(header)) {
            throw new IllegalArgumentException("the first line is not '" + header + "'");
        }
        return lines.stream()
                .skip(1)
                .map(line -> {
                    try {
                        return reader.apply(line.split(",", -1));
                    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                        throw new IllegalArgumentException("'" + line + "' is not " + row, e);
                    }
                })
                .toList();
    }

    /** The cells of each line. */
    static List<List<String>> rows(String csv) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < csv.length(); i++) {
            char c = csv.charAt(i);
            if (quoted && c == '"' && csv.startsWith("\"\"", i)) {
                cell.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (quoted || (c != ',' && c != '\n' && c != '\r')) {
                cell.append(c);
            } else if (c != '\r') {
                row.add(cell.toString());
                cell.setLength(0);
                if (c == '\n') {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            }
        }
        return rows;
    }
}
