package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Costs;
import dev.kinglet.network.LatencyModel;
import dev.kinglet.network.LayerWork;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What networks are predicted to take for an image on this machine, on one thread, and what they do take.
 *
 * @param model of this machine
 */
record CostPrediction(LatencyModel model) {
    private static final double SECONDS = 0.5; // of measuring a network

    /** A network as it would be exported, what it is predicted to take, and what it took if that was measured. */
    private record Row(String name, double predicted, double measured) {}

    /**
     * Layer by layer, as it would be exported.
     *
     * @param measured milliseconds, if it was measured
     */
    String page(Network network, OptionalDouble measured) {
        TextTable table =
                new TextTable("layer", "kind", ">output", ">MACs", ">bytes", ">ms", ">compute", ">memory", "bound by");
        for (LayerWork work : LayerWork.of(network, model.lanes())) {
            LatencyModel.Time time = model.of(work);
            table.row(
                    work.layer().name(),
                    lowerCase(work.kind()),
                    work.layer().shape().toString(),
                    Long.toString(Costs.of(work.layer()).macs()),
                    Long.toString(work.bytes()),
                    millis(time.total()),
                    millis(time.compute()),
                    millis(time.memory()),
                    time.bound());
        }
        return table + "\n\n" + rates() + "\n\n" + network.name() + ", as exported, is predicted to take "
                + millis(model.millis(network)) + " ms an image on one thread"
                + (measured.isPresent() ? "; measured: " + millis(measured.getAsDouble()) + " ms" : "");
    }

    /** The machine's rates by kind of layer. */
    private TextTable rates() {
        TextTable table = new TextTable("kind", ">GFLOP/s", ">GB/s");
        new TreeMap<>(model.rates())
                .forEach((kind, rates) ->
                        table.row(lowerCase(kind), rate(2 / rates.nanosPerMac()), rate(1 / rates.nanosPerByte())));
        return table.row("beyond the cache", "", rate(1 / model.nanosPerFarByte()))
                .row("any layer", "", String.format(Locale.ROOT, "%.1f us", model.overheadNanos() / 1e3));
    }

    /** A time of zero is a rate without end: that part of the work does not show in the time. */
    private static String rate(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : "-";
    }

    private static String lowerCase(LayerWork.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    /** The same for programs. */
    ObjectNode object(Network network, OptionalDouble measured) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("model", network.name())
                .put("predicted_ms", model.millis(network));
        measured.ifPresent(millis -> object.put("measured_ms", millis));
        object.put("overhead_us", model.overheadNanos() / 1e3).put("ns_per_far_byte", model.nanosPerFarByte());
        ObjectNode rates = object.putObject("rates");
        new TreeMap<>(model.rates())
                .forEach((kind, own) -> rates.putObject(kind.name().toLowerCase(Locale.ROOT))
                        .put("ns_per_mac", own.nanosPerMac())
                        .put("ns_per_byte", own.nanosPerByte()));
        ArrayNode layers = object.putArray("layers");
        for (LayerWork work : LayerWork.of(network, model.lanes())) {
            LatencyModel.Time time = model.of(work);
            layers.addObject()
                    .put("name", work.layer().name())
                    .put("kind", work.kind().name().toLowerCase(Locale.ROOT))
                    .put("macs", Costs.of(work.layer()).macs())
                    .put("bytes", work.bytes())
                    .put("ms", time.total())
                    .put("compute_ms", time.compute())
                    .put("memory_ms", time.memory())
                    .put("overhead_ms", time.overhead())
                    .put("bound", time.bound());
        }
        return object;
    }

    /** What a network takes, in milliseconds. */
    static double measure(Model exported) throws IOException {
        return Calibration.millis(exported, SECONDS);
    }

    /** Predicts and measures every variant that can be exported untrained, and prints a table for a page. */
    void wholeZoo(Console console, boolean json) throws IOException {
        List<Row> figures = new ArrayList<>();
        for (Variant variant : Zoo.all()) {
            Interruption.check();
            Model exported;
            try {
                exported = Exporter.rewritten(Untrained.model(variant.name(), null, null));
            } catch (IllegalArgumentException e) { // one that training has to prune first
                console.note("%s is left out: %s", variant.name(), String.valueOf(e.getMessage()));
                continue;
            }
            figures.add(new Row(variant.name(), model.millis(exported.network()), measure(exported)));
        }
        double correlation = rankCorrelation(
                figures.stream().mapToDouble(Row::predicted).toArray(),
                figures.stream().mapToDouble(Row::measured).toArray());
        console.result(json ? Json.page(object(figures, correlation)) : table(figures, correlation));
    }

    private static ObjectNode object(List<Row> figures, double correlation) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("rank_correlation", correlation);
        ArrayNode models = object.putArray("models");
        figures.forEach(figure -> models.addObject()
                .put("model", figure.name)
                .put("predicted_ms", figure.predicted)
                .put("measured_ms", figure.measured));
        return object;
    }

    private static String table(List<Row> figures, double correlation) {
        MarkdownTable table = new MarkdownTable("network", ">predicted, ms", ">measured, ms", ">predicted / measured");
        figures.forEach(figure -> table.row(
                figure.name,
                String.format(Locale.ROOT, "%.2f", figure.predicted),
                String.format(Locale.ROOT, "%.2f", figure.measured),
                String.format(Locale.ROOT, "%.2f", figure.predicted / figure.measured)));
        return table
                + String.format(
                        Locale.ROOT,
                        "\n\n%s, %s; one thread, one image, medians of %.1f s. Rank correlation %.3f.",
                        Machine.describe(),
                        TimedSession.runtime(),
                        SECONDS,
                        correlation);
    }

    /** Spearman's, with the mean rank for equals: 1 if both lists are in the same order. */
    static double rankCorrelation(double[] a, double[] b) {
        double[] x = ranks(a);
        double[] y = ranks(b);
        double mean = (a.length - 1) / 2.0;
        double both = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < x.length; i++) {
            both += (x[i] - mean) * (y[i] - mean);
            first += (x[i] - mean) * (x[i] - mean);
            second += (y[i] - mean) * (y[i] - mean);
        }
        return both / Math.sqrt(first * second);
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
