package dev.kinglet.cli.benchmark;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.base.Plural;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.measure.InferenceBenchmark;
import dev.kinglet.measure.Spread;
import dev.kinglet.toolkit.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet benchmark infer}. */
@Command(
        name = "infer",
        description = {
            "Measure latency, throughput, memory and cold start of inference with ONNX Runtime.",
            "With --threads N, as many sessions of one thread run side by side, for throughput.",
            "Cold start and memory are measured in a process of their own for each network."
        },
        footerHeading = "%nExample:%n",
        footer = "  kinglet benchmark infer plain.onnx rewritten.onnx --rounds 7")
final class BenchmarkInferCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..*",
            paramLabel = "MODEL",
            description = "Networks to measure: .onnx files, run folders, .safetensors files or names of kinglet models"
                    + " (untrained); what is not exported yet is rewritten as export does it. Several are compared with"
                    + " the first.")
    private List<String> models = List.of();

    @Option(names = "--compare", arity = "1..*", paramLabel = "MODEL", hidden = true)
    private List<String> compared = List.of(); // the spelling before MODEL took several

    @Option(names = "--batch-size", paramLabel = "N", description = "Images per call (default: ${DEFAULT-VALUE}).")
    private int batchSize = 1;

    @Option(names = "--img-size", paramLabel = "PIXELS", description = "Input resolution (default: as published).")
    private @Nullable Integer imageSize;

    @Option(
            names = "--intra-threads",
            paramLabel = "N",
            description = "Compute (intra-op) threads of one call, for latency (default: ${DEFAULT-VALUE}).")
    private int intraThreads = 1;

    @Option(
            names = "--round-seconds",
            paramLabel = "S",
            description = "How long each network runs in a round, at least three calls (default: ${DEFAULT-VALUE}).")
    private double seconds = 0.3;

    @Mixin
    private BenchmarkOptions options = new BenchmarkOptions(1);

    BenchmarkInferCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        BenchmarkCommand.atLeastOne("--batch-size", batchSize);
        BenchmarkCommand.atLeastOne("--img-size", imageSize);
        BenchmarkCommand.atLeastOne("--intra-threads", intraThreads);
        if (!(seconds >= 0 && seconds <= 3600)) {
            throw new IllegalArgumentException("--round-seconds is from 0 to 3600, not " + seconds);
        }
        List<String> names = new ArrayList<>(models);
        names.addAll(compared);
        if (names.isEmpty()) {
            throw new IllegalArgumentException("benchmark infer needs a network: an .onnx file, a run folder, a"
                    + " .safetensors file or a name of kinglet models");
        }
        InferenceBenchmark benchmark = new InferenceBenchmark(
                names,
                imageSize == null ? OptionalInt.empty() : OptionalInt.of(imageSize),
                options.threads(),
                intraThreads,
                batchSize,
                options.rounds(),
                seconds);
        InferenceBenchmark.Results results = benchmark.run(Interruption::check);
        console.result(
                options.json()
                        ? Json.page(object(results))
                        : table(results.results()).markdown() + "\n\n" + footnote(results));
        warn(results);
        return 0;
    }

    private void warn(InferenceBenchmark.Results results) {
        if (results.isDisturbed()) {
            console.note(
                    "Another program used the machine meanwhile: sgemm varied by %.0f %%%s. Ratios between the networks"
                            + " hold better than their times; measure again when it is idle.",
                    100 * results.peaks().gflops().relative(),
                    results.isAbovePeak() ? ", and a network ran faster than the peak beside it" : "");
        }
    }

    private ObjectNode object(InferenceBenchmark.Results measured) {
        InferenceBenchmark.Peaks peaks = measured.peaks();
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", measured.runtime())
                .put("kinglet", KingletVersion.current())
                .put("threads", options.threads())
                .put("intra_threads", intraThreads)
                .put("batch_size", batchSize)
                .put("rounds", options.rounds())
                .put("round_s", seconds)
                .put("sgemm_gflops", peaks.gflops().max())
                .put("sgemm_spread", peaks.gflops().relative())
                .put("copy_gbs", peaks.copyGigabytes().max())
                .put("copy_spread", peaks.copyGigabytes().relative())
                .put("runtime_load_ms", measured.runtimeLoadMillis());
        ArrayNode array = object.putArray("results");
        for (InferenceBenchmark.Result result : measured.results()) {
            ObjectNode entry = array.addObject()
                    .put("file", result.name())
                    .put("model", result.model())
                    .put("median_ms", result.medianMillis())
                    .put("p90_ms", result.p90Millis())
                    .put("p99_ms", result.p99Millis())
                    .put("images_per_s", result.imagesPerSecond().median())
                    .put("share_of_peak", result.fractionOfPeak().median())
                    .put(
                            "share_of_peak_as_written",
                            result.graphFractionOfPeak().median())
                    .put("memory_mib", result.memoryMib())
                    .put("cold_start_ms", result.coldStartMillis())
                    .put("session_ms", result.sessionMillis())
                    .put("calls", result.calls())
                    .put("round_median_ms", result.roundMillis().median())
                    .put("macs_as_written", result.graphMacs());
            result.macs().ifPresentOrElse(macs -> entry.put("macs", macs), () -> entry.putNull("macs"));
            put(entry.putObject("speedup"), result.speedup());
            put(entry.putObject("share_of_peak_by_round"), result.fractionOfPeak());
        }
        return object;
    }

    /** Median and range. */
    static void put(ObjectNode object, Spread spread) {
        object.put("median", spread.median()).put("min", spread.min()).put("max", spread.max());
    }

    private static Table table(List<InferenceBenchmark.Result> results) {
        Table table = new Table(
                "file",
                ">median, ms",
                ">p90",
                ">p99",
                ">images/s",
                ">speedup over the first",
                ">fraction of peak",
                ">of the exported graph",
                ">memory, MiB",
                ">cold start, ms");
        for (InferenceBenchmark.Result result : results) {
            table.row(
                    result.name(),
                    number("%.2f", result.medianMillis()),
                    number("%.2f", result.p90Millis()),
                    number("%.2f", result.p99Millis()),
                    number("%.1f", result.imagesPerSecond().median()),
                    BenchmarkCommand.spread("%.2f", result.speedup()),
                    BenchmarkCommand.spread("%.2f", result.fractionOfPeak()),
                    number("%.2f", result.graphFractionOfPeak().median()),
                    number("%.0f", result.memoryMib()),
                    number("%.0f", result.coldStartMillis()));
        }
        return table;
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private String footnote(InferenceBenchmark.Results results) {
        InferenceBenchmark.Peaks peaks = results.peaks();
        return String.format(
                Locale.ROOT,
                "%s, Kinglet %s, %s; %s of %s, batch %d; %s of %.1f s each, interleaved. Peaks of the same run, best"
                        + " of %d measurements: sgemm %.1f GFLOP/s (spread %.0f %%), copy %.1f GB/s read and written"
                        + " (spread %.0f %%). Fraction of peak: 2 MACs / (time x sgemm just before and after), with the"
                        + " MACs of the network, then with those of the exported graph. Fraction of peak and speedup:"
                        + " median of the rounds (range). Memory and cold start: of one session in a fresh process.",
                Machine.describe(),
                KingletVersion.current(),
                results.runtime(),
                options.threads() == 1 ? "1 session" : options.threads() + " sessions side by side",
                Plural.of(intraThreads, "thread"),
                batchSize,
                Plural.of(options.rounds(), "round"),
                seconds,
                peaks.measurements(),
                peaks.gflops().max(),
                100 * peaks.gflops().relative(),
                peaks.copyGigabytes().max(),
                100 * peaks.copyGigabytes().relative());
    }
}
