package dev.kinglet.train.run;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.network.Costs;
import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Runs side by side: what each came to, what its network costs, and in which options they differ; as rows of text, and as
 * one page with their curves over each other.
 */
public final class Comparison {
    /** Heads of the columns of {@link Row#cells}; one that begins with {@code >} is of a column of numbers. */
    public static final List<String> HEADS = List.of(
            "run",
            "model",
            ">pixels",
            ">parameters (M)",
            ">MACs (M)",
            ">epochs",
            ">best epoch",
            "weights",
            ">top-1",
            ">top-5",
            ">loss",
            ">images/s",
            ">time");

    private final Map<RunFolder, List<EpochResult>> results = new LinkedHashMap<>();
    private final Map<RunFolder, Costs> costs;

    /**
     * @param costs of each run's network, in the order in which the runs are shown
     * @throws IOException if the results of a run cannot be read
     */
    public Comparison(Map<RunFolder, Costs> costs) throws IOException {
        this.costs = new LinkedHashMap<>(costs);
        for (RunFolder run : costs.keySet()) {
            results.put(run, run.results());
        }
    }

    /**
     * What a run came to.
     *
     * @param costs of one image
     * @param epochsDone of {@code epochs}
     * @param best epoch, by the average of the weights where one is kept; empty before the first is done
     * @param imagesPerSecond mean over epochs, of training
     */
    public record Row(
            String run,
            String model,
            int imageSize,
            Costs costs,
            int epochsDone,
            int epochs,
            Optional<EpochResult> best,
            double imagesPerSecond,
            double seconds) {
        /** Top-1 of the best epoch in percent, NaN before it. */
        public double top1() {
            return best.map(EpochResult::chosenTop1).orElse(Double.NaN);
        }

        /** Top-5 of the best epoch in percent, NaN before it. */
        public double top5() {
            return best.map(EpochResult::chosenTop5).orElse(Double.NaN);
        }

        /** Validation loss of the best epoch, NaN before it. */
        public double loss() {
            return best.map(EpochResult::chosenLoss).orElse(Double.NaN);
        }

        /** The cells under {@link #HEADS}; a dash where there is no value yet. */
        public List<String> cells() {
            return List.of(
                    run,
                    model,
                    Integer.toString(imageSize),
                    Csv.decimal(costs.parameters() / 1e6, 2),
                    Csv.decimal(costs.macs() / 1e6, 1),
                    epochsDone + "/" + epochs,
                    best.map(epoch -> Integer.toString(epoch.epoch())).orElse("-"),
                    best.map(epoch -> epoch.ema().isPresent() ? "EMA" : "raw").orElse("-"),
                    cell(top1(), 2, " %"),
                    cell(top5(), 2, " %"),
                    cell(loss(), 4, ""),
                    cell(imagesPerSecond, 1, ""),
                    TrainLog.hours(Math.round(seconds)));
        }

        private static String cell(double value, int digits, String unit) {
            return Double.isNaN(value) ? "-" : Csv.decimal(value, digits) + unit;
        }
    }

    /** One row per run. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        results.forEach((run, epochs) -> rows.add(new Row(
                run.name(),
                run.config().model().name(),
                run.config().preprocessing().inputSize(),
                costs.getOrDefault(run, new Costs(0, 0, 0)),
                epochs.size(),
                run.config().schedule().allEpochs(),
                best(epochs),
                epochs.stream()
                        .mapToDouble(EpochResult::imagesPerSecond)
                        .average()
                        .orElse(Double.NaN),
                epochs.stream().mapToDouble(EpochResult::seconds).sum())));
        return rows;
    }

    /** As a run chooses it: by the average of the weights, where one is kept. */
    private static Optional<EpochResult> best(List<EpochResult> epochs) {
        return epochs.stream()
                .max(Comparator.comparingDouble(EpochResult::chosenTop1)
                        .thenComparing(Comparator.comparingDouble(EpochResult::chosenLoss)
                                .reversed())
                        .thenComparing(
                                Comparator.comparingInt(EpochResult::epoch).reversed()));
    }

    /** Writes the page: the rows, the curves, and the options in which the runs differ. */
    public void writeTo(Path file) throws IOException {
        StringBuilder page = new StringBuilder(
                        "<h1>Comparison of runs</h1>\n<p class=\"lead\">Accuracy and loss on each")
                .append(
                        " run's validation images, of the average of the weights (EMA) where a run keeps one; epochs count from 0.</p>\n")
                .append(Html.table(
                        HEADS.stream().map(head -> head.replace(">", "")).toList(), rows(), row -> cells(row.cells())));
        Map<String, List<EpochResult>> curves = new LinkedHashMap<>();
        results.forEach((run, epochs) -> {
            if (!epochs.isEmpty()) {
                curves.put(run.name(), epochs);
            }
        });
        if (!curves.isEmpty()) {
            page.append(Html.figure("Curves", "Validation accuracy and loss over epochs", Curves.overlaid(curves)));
        }
        byte[] bytes = Html.page(
                        "Comparison of runs", page.append(differences()).toString())
                .getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
    }

    private static String cells(List<String> row) {
        StringBuilder cells = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            cells.append(HEADS.get(i).startsWith(">") ? Html.number(row.get(i)) : Html.text(row.get(i)));
        }
        return cells.toString();
    }

    private String differences() {
        List<TrainOptions> runs = results.keySet().stream()
                .map(run -> TrainOptions.of(run.config()))
                .toList();
        List<List<String>> rows = new ArrayList<>();
        for (TrainOption option : TrainOption.values()) {
            List<String> values = new ArrayList<>();
            for (TrainOptions run : runs) {
                values.add(run.get(option).orElse("-"));
            }
            Set<String> distinct = new LinkedHashSet<>(values);
            if (distinct.size() > 1 && option != TrainOption.NAME) {
                values.add(0, option.key());
                rows.add(values);
            }
        }
        if (rows.isEmpty()) {
            return "<p>The runs have the same options.</p>\n";
        }
        List<String> heads = new ArrayList<>(List.of("option"));
        results.keySet().forEach(run -> heads.add(run.name()));
        return "<h2>Options that differ</h2>\n"
                + Html.table(heads, rows, row -> {
                    StringBuilder cells = new StringBuilder();
                    row.forEach(cell -> cells.append(Html.text(cell)));
                    return cells.toString();
                });
    }
}
