package dev.kinglet.train.metrics;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one epoch came to: a row of {@code results.csv}. Epochs count from 0, accuracies are percentages.
 *
 * @param trainLoss mean over the epoch's images as they were trained on, with augmentation and label smoothing
 * @param trainTop1 likewise
 * @param learningRate of the epoch's last step
 * @param imagesPerSecond trained, waiting for images included, evaluation not
 * @param waitSeconds the part of training spent waiting for images
 * @param seconds the whole epoch took, evaluation included
 * @param ema of the average of the weights; empty where none is kept
 */
public record EpochResult(
        int epoch,
        double trainLoss,
        double trainTop1,
        double valLoss,
        double valTop1,
        double valTop5,
        double learningRate,
        double imagesPerSecond,
        double waitSeconds,
        double seconds,
        Optional<Ema> ema) {
    /** What the average of the weights came to on the validation images. */
    public record Ema(double valLoss, double valTop1, double valTop5) {}

    private static final String HEADER =
            "epoch,train_loss,train_top1,val_loss,val_top1,val_top5,lr,images_per_s,data_wait_s,time_s";
    private static final String EMA_HEADER = HEADER + ",ema_val_loss,ema_val_top1,ema_val_top5";

    /** Validation top-1 of the weights by which the best epoch is chosen: the average where one is kept. */
    public double chosenTop1() {
        return ema.map(Ema::valTop1).orElse(valTop1);
    }

    /** Validation top-5 of these weights. */
    public double chosenTop5() {
        return ema.map(Ema::valTop5).orElse(valTop5);
    }

    /** Validation loss of these weights. */
    public double chosenLoss() {
        return ema.map(Ema::valLoss).orElse(valLoss);
    }

    /**
     * That top-1 for people: {@code 18.75 %}; where it is that of the average, {@code 4.17 % (of the weights' average, EMA;
     * raw weights: 18.75 %)}.
     */
    public String describedTop1() {
        String chosen = Csv.decimal(chosenTop1(), 2) + " %";
        return ema.isEmpty()
                ? chosen
                : chosen + " (of the weights' average, EMA; raw weights: " + Csv.decimal(valTop1, 2) + " %)";
    }

    /** Rows under the header, as they stand in the file. */
    public static String toCsv(List<EpochResult> rows) {
        String header = rows.stream().anyMatch(row -> row.ema.isPresent()) ? EMA_HEADER : HEADER;
        return rows.stream().map(row -> row.row() + "\n").collect(Collectors.joining("", header + "\n", ""));
    }

    private String row() {
        return Stream.of(
                                Integer.toString(epoch),
                                Csv.decimal(trainLoss, 6),
                                Csv.decimal(trainTop1, 4),
                                Csv.decimal(valLoss, 6),
                                Csv.decimal(valTop1, 4),
                                Csv.decimal(valTop5, 4),
                                Csv.decimal(learningRate, 9),
                                Csv.decimal(imagesPerSecond, 2),
                                Csv.decimal(waitSeconds, 3),
                                Csv.decimal(seconds, 3))
                        .collect(Collectors.joining(","))
                + ema.map(average -> "," + Csv.decimal(average.valLoss, 6) + "," + Csv.decimal(average.valTop1, 4) + ","
                                + Csv.decimal(average.valTop5, 4))
                        .orElse("");
    }

    /**
     * The rows of such a file.
     *
     * @throws IllegalArgumentException if it is another file; the message says which line
     */
    public static List<EpochResult> parseCsv(String csv) {
        boolean averaged = csv.startsWith(EMA_HEADER);
        return Csv.table(
                csv,
                averaged ? EMA_HEADER : HEADER,
                averaged ? "a row of thirteen numbers" : "a row of ten numbers",
                EpochResult::of);
    }

    private static EpochResult of(String[] cells) {
        return new EpochResult(
                Integer.parseInt(cells[0]),
                Double.parseDouble(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3]),
                Double.parseDouble(cells[4]),
                Double.parseDouble(cells[5]),
                Double.parseDouble(cells[6]),
                Double.parseDouble(cells[7]),
                Double.parseDouble(cells[8]),
                Double.parseDouble(cells[9]),
                cells.length > 10
                        ? Optional.of(new Ema(
                                Double.parseDouble(cells[10]),
                                Double.parseDouble(cells[11]),
                                Double.parseDouble(cells[12])))
                        : Optional.empty());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Epoch: [%d] train loss %.4f top1 %.2f, val loss %.4f top1 %.2f top5 %.2f%s, %.1f images/s, %.1f s",
                epoch,
                trainLoss,
                trainTop1,
                valLoss,
                valTop1,
                valTop5,
                ema.map(average -> String.format(
                                Locale.ROOT,
                                ", EMA loss %.4f top1 %.2f top5 %.2f",
                                average.valLoss,
                                average.valTop1,
                                average.valTop5))
                        .orElse(""),
                imagesPerSecond,
                seconds);
    }
}
