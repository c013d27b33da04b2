package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.MarkdownTable;
import dev.kinglet.cli.console.TextTable;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.measure.LatencyModel;
import dev.kinglet.measure.LayerWork;
import dev.kinglet.measure.ZooPrediction;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Network;
import dev.kinglet.toolkit.Machine;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Predicted latencies as {@code kinglet summary --cost} prints them. */
final class LatencyPages {
    private LatencyPages() {}

    /**
     * The layers of an exported network, the machine's rates and the total.
     *
     * @param measured milliseconds, if it was measured
     */
    static String page(LatencyModel latency, Network network, OptionalDouble measured) {
        TextTable table =
                new TextTable("layer", "kind", ">output", ">MACs", ">bytes", ">ms", ">compute", ">memory", "bound by");
        for (LatencyModel.LayerTime layer : latency.layers(network)) {
            LayerWork work = layer.work();
            LatencyModel.Time time = layer.time();
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
        return table + "\n\n" + rates(latency) + "\n\n" + network.name() + ", as exported, is predicted to take "
                + millis(latency.millis(network)) + " ms per image on one thread"
                + (measured.isPresent() ? "; measured: " + millis(measured.getAsDouble()) + " ms" : "");
    }

    /** The machine's rates by kind of layer. */
    private static TextTable rates(LatencyModel latency) {
        TextTable table = new TextTable("kind", ">GFLOP/s", ">GB/s");
        new TreeMap<>(latency.rates())
                .forEach((kind, rates) ->
                        table.row(lowerCase(kind), rate(2 / rates.nanosPerMac()), rate(1 / rates.nanosPerByte())));
        return table.row("DRAM traffic", "", rate(1 / latency.nanosPerDramByte()))
                .row("overhead per layer", "", String.format(Locale.ROOT, "%.1f us", latency.overheadNanos() / 1e3));
    }

    /** A rate without limit means that this part of the work does not show in the time. */
    private static String rate(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : "-";
    }

    private static String lowerCase(LayerWork.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    /** The same as JSON. */
    static ObjectNode object(LatencyModel latency, Network network, OptionalDouble measured) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("model", network.name())
                .put("predicted_ms", latency.millis(network));
        measured.ifPresent(millis -> object.put("measured_ms", millis));
        object.put("overhead_us", latency.overheadNanos() / 1e3).put("ns_per_far_byte", latency.nanosPerDramByte());
        ObjectNode rates = object.putObject("rates");
        new TreeMap<>(latency.rates())
                .forEach((kind, kindRates) -> rates.putObject(kind.name().toLowerCase(Locale.ROOT))
                        .put("ns_per_mac", kindRates.nanosPerMac())
                        .put("ns_per_byte", kindRates.nanosPerByte()));
        ArrayNode layers = object.putArray("layers");
        for (LatencyModel.LayerTime layer : latency.layers(network)) {
            LayerWork work = layer.work();
            LatencyModel.Time time = layer.time();
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

    /** The zoo's networks as JSON. */
    static ObjectNode object(ZooPrediction prediction) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("rank_correlation", prediction.rankCorrelation());
        ArrayNode models = object.putArray("models");
        prediction
                .rows()
                .forEach(row -> models.addObject()
                        .put("model", row.name())
                        .put("predicted_ms", row.predictedMillis())
                        .put("measured_ms", row.measuredMillis()));
        return object;
    }

    /** The zoo's networks as a Markdown table. */
    static String table(ZooPrediction prediction) {
        MarkdownTable table = new MarkdownTable("network", ">predicted, ms", ">measured, ms", ">predicted / measured");
        prediction
                .rows()
                .forEach(row -> table.row(
                        row.name(),
                        String.format(Locale.ROOT, "%.2f", row.predictedMillis()),
                        String.format(Locale.ROOT, "%.2f", row.measuredMillis()),
                        String.format(Locale.ROOT, "%.2f", row.predictedMillis() / row.measuredMillis())));
        return table
                + String.format(
                        Locale.ROOT,
                        "\n\n%s, %s; one thread, one image, medians of %.1f s. Rank correlation %.3f.",
                        Machine.describe(),
                        TimedSession.runtime(),
                        0.5,
                        prediction.rankCorrelation());
    }
}
