package dev.kinglet.measure;

import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Model;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Predicted and measured latency of the zoo's networks as they are exported.
 *
 * @param rankCorrelation Spearman's, of predictions and measurements: 1 if both give the same order
 */
public record ZooPrediction(List<Row> rows, double rankCorrelation) {
    /** Latency of one network for one image on one thread, in milliseconds. */
    public record Row(String name, double predictedMillis, double measuredMillis) {}

    /**
     * Predicts and measures every variant that can be exported untrained.
     *
     * @param skipped notified of a variant that cannot be exported, with the reason
     * @param stop as in {@link LatencyPrediction#of}
     */
    public static ZooPrediction run(BiConsumer<String, String> skipped, Runnable stop) throws IOException {
        LatencyModel latency = LatencyCalibration.run(stop);
        List<Row> rows = new ArrayList<>();
        for (Variant variant : Zoo.all()) {
            stop.run();
            Model exported;
            try {
                exported = Exporter.rewritten(Untrained.model(variant.name(), null, null));
            } catch (IllegalArgumentException e) { // one that training has to prune first
                skipped.accept(variant.name(), String.valueOf(e.getMessage()));
                continue;
            }
            rows.add(new Row(variant.name(), latency.millis(exported.network()), LatencyCalibration.millis(exported)));
        }
        double[] predicted = rows.stream().mapToDouble(Row::predictedMillis).toArray();
        double[] measured = rows.stream().mapToDouble(Row::measuredMillis).toArray();
        return new ZooPrediction(List.copyOf(rows), rankCorrelation(predicted, measured));
    }

    /** Spearman's rank correlation, with the mean rank for equal values. */
    static double rankCorrelation(double[] a, double[] b) {
        double[] x = ranks(a);
        double[] y = ranks(b);
        double mean = (a.length - 1) / 2.0;
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }
        return xy / Math.sqrt(xx * yy);
    }

    private static double[] ranks(double[] values) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> Arrays.stream(values)
                                .filter(v -> v < values[i])
                                .count()
                        + (Arrays.stream(values).filter(v -> v == values[i]).count() - 1) / 2.0)
                .toArray();
    }
}
