package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Json;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.measure.LatencyPrediction;
import dev.kinglet.measure.ZooPrediction;
import dev.kinglet.toolkit.Machine;
import java.util.Locale;

/** Predicted latencies as {@code kinglet summary --cost} prints them. */
final class LatencyPages {
    private LatencyPages() {}

    /** The layers of an exported network, the machine's rates and the total. */
    static String page(String model, LatencyPrediction latency) {
        Table table =
                new Table("layer", "kind", ">output", ">MACs", ">bytes", ">ms", ">compute", ">memory", "bound by");
        for (LatencyPrediction.Layer layer : latency.layers()) {
            table.row(
                    layer.name(),
                    words(layer.kind()),
                    layer.output().toString(),
                    Long.toString(layer.macs()),
                    Long.toString(layer.bytes()),
                    number("%.3f", layer.millis()),
                    number("%.3f", layer.computeMillis()),
                    number("%.3f", layer.memoryMillis()),
                    layer.bound());
        }
        return table + "\n\n" + rates(latency) + "\n\n" + model + ", as exported, is predicted to take "
                + number("%.3f", latency.millis()) + " ms per image on one thread"
                + (latency.measuredMillis().isPresent()
                        ? "; measured: "
                                + number("%.3f", latency.measuredMillis().getAsDouble()) + " ms"
                        : "");
    }

    private static Table rates(LatencyPrediction latency) {
        Table table = new Table("kind", ">GFLOP/s", ">GB/s");
        latency.rates()
                .forEach(rate ->
                        table.row(words(rate.kind()), rate(2 / rate.nanosPerMac()), rate(1 / rate.nanosPerByte())));
        return table.row("DRAM traffic", "", rate(1 / latency.nanosPerDramByte()))
                .row("overhead per layer", "", number("%.1f us", latency.overheadMicros()));
    }

    /** A rate without limit means that this part of the work does not show in the time. */
    private static String rate(double value) {
        return Double.isFinite(value) ? number("%.1f", value) : "-";
    }

    private static String words(String kind) {
        return kind.replace('_', ' ');
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    /** The same as JSON. */
    static ObjectNode object(String model, LatencyPrediction latency) {
        ObjectNode object = Json.object()
                .put("machine", latency.machine())
                .put("runtime", latency.runtime())
                .put("model", model)
                .put("predicted_ms", latency.millis());
        latency.measuredMillis().ifPresent(millis -> object.put("measured_ms", millis));
        object.put("overhead_us", latency.overheadMicros()).put("ns_per_far_byte", latency.nanosPerDramByte());
        ObjectNode rates = object.putObject("rates");
        latency.rates()
                .forEach(rate -> rates.putObject(rate.kind())
                        .put("ns_per_mac", rate.nanosPerMac())
                        .put("ns_per_byte", rate.nanosPerByte()));
        ArrayNode layers = object.putArray("layers");
        for (LatencyPrediction.Layer layer : latency.layers()) {
            layers.addObject()
                    .put("name", layer.name())
                    .put("kind", layer.kind())
                    .put("macs", layer.macs())
                    .put("bytes", layer.bytes())
                    .put("ms", layer.millis())
                    .put("compute_ms", layer.computeMillis())
                    .put("memory_ms", layer.memoryMillis())
                    .put("overhead_ms", layer.overheadMillis())
                    .put("bound", layer.bound());
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
        Table table = new Table("network", ">predicted, ms", ">measured, ms", ">predicted / measured");
        prediction
                .rows()
                .forEach(row -> table.row(
                        row.name(),
                        number("%.2f", row.predictedMillis()),
                        number("%.2f", row.measuredMillis()),
                        number("%.2f", row.predictedMillis() / row.measuredMillis())));
        return table.markdown()
                + String.format(
                        Locale.ROOT,
                        "\n\n%s, %s; one thread, one image, medians of %.1f s. Rank correlation %.3f.",
                        Machine.describe(),
                        TimedSession.runtime(),
                        0.5,
                        prediction.rankCorrelation());
    }
}
