package dev.kinglet.train.metrics;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The training loss of one logged step: a row of {@code steps.csv}.
 *
 * @param step steps of the run that were done with it, from 1
 * @param epoch how many epochs were done in the middle of the step
 * @param learningRate of the step
 * @param loss mean over its batch
 */
public record LoggedStep(long step, double epoch, double learningRate, double loss) {
    private static final String HEADER = "step,epoch,lr,train_loss";

    /** Rows under the header, as they stand in the file. */
    public static String toCsv(List<LoggedStep> rows) {
        return rows.stream()
                .map(row -> row.step + "," + Csv.decimal(row.epoch, 4) + "," + Csv.decimal(row.learningRate, 9) + ","
                        + Csv.decimal(row.loss, 6) + "\n")
                .collect(Collectors.joining("", HEADER + "\n", ""));
    }

    /**
     * The rows of such a file.
     *
     * @throws IllegalArgumentException if it is another file; the message says which line
     */
    public static List<LoggedStep> parseCsv(String csv) {
        List<String> lines = csv.lines().toList();
        if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
            throw new IllegalArgumentException("the first line is not '" + HEADER + "'");
        }
        return lines.stream().skip(1).map(LoggedStep::parse).toList();
    }

    private static LoggedStep parse(String line) {
        String[] cells = line.split(",", -1);
        try {
            return new LoggedStep(
                    Long.parseLong(cells[0]),
                    Double.parseDouble(cells[1]),
                    Double.parseDouble(cells[2]),
                    Double.parseDouble(cells[3]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("'" + line + "' is not a row of four numbers", e);
        }
    }
}
