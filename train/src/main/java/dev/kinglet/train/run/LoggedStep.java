package dev.kinglet.train.run;

import dev.kinglet.train.metrics.Csv;
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
record LoggedStep(long step, double epoch, double learningRate, double loss) {
    private static final String HEADER = "step,epoch,lr,train_loss";

    /** Rows under the header, as they stand in the file. */
    static String toCsv(List<LoggedStep> rows) {
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
    static List<LoggedStep> parseCsv(String csv) {
        return Csv.table(
                csv,
                HEADER,
                "a row of four numbers",
                cells -> new LoggedStep(
                        Long.parseLong(cells[0]),
                        Double.parseDouble(cells[1]),
                        Double.parseDouble(cells[2]),
                        Double.parseDouble(cells[3])));
    }
}
