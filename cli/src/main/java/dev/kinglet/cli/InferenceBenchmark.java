package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.toolkit.Machine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Networks timed against each other in rounds: in each round every one runs in turn, forwards and backwards by turns, with
 * a look at the machine's peaks before and after each. What the machine does besides meets all of them alike.
 *
 * @param names of files, or of networks of the zoo
 * @param imageSize of networks of the zoo; null: as published
 * @param threads that each run a session of their own, side by side
 * @param intraThreads that share the work of each session's calls
 * @param batchSize images a call
 * @param seconds that each runs in a round
 */
record InferenceBenchmark(
        List<String> names,
        @Nullable Integer imageSize,
        int threads,
        int intraThreads,
        int batchSize,
        int rounds,
        double seconds) {

    /** What one network's rounds came to. */
    private record Result(
            String name,
            String model,
            int calls,
            double medianMillis,
            double p90Millis,
            double p99Millis,
            Spread roundMillis,
            Spread imagesPerSecond,
            Spread speedup,
            Spread fractionOfPeak, // by the network's own multiply-accumulates, or the graph's where these are not
            // known
            Spread writtenFraction,
            OptionalLong nominalMacs,
            long writtenMacs,
            double sessionMillis,
            double coldStartMillis,
            double memoryMib) {

        static Result of(Contender contender, Contender first) throws IOException {
            double[] calls = contender.calls();
            double[] medians = contender.medians();
            double[] speedup = first.medians();
            for (int i = 0; i < speedup.length; i++) {
                speedup[i] /= medians[i];
            }
            OptionalLong nominalMacs = contender.nominalMacs();
            long writtenMacs = contender.writtenMacs();
            return new Result(
                    contender.name(),
                    contender.file().card().model(),
                    calls.length,
                    Spread.of(calls).median(),
                    Spread.percentile(calls, 90),
                    Spread.percentile(calls, 99),
                    Spread.of(medians),
                    Spread.of(contender.rates()),
                    Spread.of(speedup),
                    Spread.of(contender.shares(nominalMacs.orElse(writtenMacs))),
                    Spread.of(contender.shares(writtenMacs)),
                    nominalMacs,
                    writtenMacs,
                    contender.sessionMillis(),
                    contender.coldStartMillis(),
                    contender.memoryMib());
        }
    }

    /** Measures, and prints the result. */
    void run(Console console, boolean json) throws IOException {
        List<Contender> contenders = new ArrayList<>();
        try (Workers workers = new Workers(threads)) {
            for (String name : names) {
                contenders.add(new Contender(name, imageSize, workers, batchSize, intraThreads));
            }
            long start = System.nanoTime();
            String runtime = TimedSession.runtime();
            double loadMillis = (System.nanoTime() - start) / 1e6;
            for (Contender contender : contenders) {
                contender.start();
            }
            try (MachinePeaks peaks = new MachinePeaks(threads * intraThreads)) {
                race(contenders, peaks);
                List<Result> results = new ArrayList<>();
                for (Contender contender : contenders) {
                    results.add(Result.of(contender, contenders.get(0)));
                }
                console.result(
                        json
                                ? Json.page(object(results, peaks, runtime, loadMillis))
                                : table(results) + "\n\n" + how(peaks, runtime));
            }
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private void race(List<Contender> contenders, MachinePeaks peaks) {
        for (Contender contender : contenders) {
            Interruption.check();
            contender.warmUp(seconds);
        }
        double before = peaks.look();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < contenders.size(); i++) {
                Interruption.check();
                Contender contender = contenders.get(round % 2 == 0 ? i : contenders.size() - 1 - i);
                contender.round(seconds);
                double after = peaks.look();
                contender.besidePeak((before + after) / 2);
                before = after;
            }
        }
    }

    private ObjectNode object(List<Result> results, MachinePeaks peaks, String runtime, double loadMillis) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", runtime)
                .put("kinglet", Version.kinglet())
                .put("threads", threads)
                .put("intra_threads", intraThreads)
                .put("batch_size", batchSize)
                .put("rounds", rounds)
                .put("round_s", seconds)
                .put("sgemm_gflops", peaks.gflops().max())
                .put("sgemm_spread", peaks.gflops().relative())
                .put("copy_gbs", peaks.gigabytes().max())
                .put("copy_spread", peaks.gigabytes().relative())
                .put("runtime_load_ms", loadMillis);
        ArrayNode array = object.putArray("results");
        for (Result result : results) {
            ObjectNode entry = array.addObject()
                    .put("file", result.name)
                    .put("model", result.model)
                    .put("median_ms", result.medianMillis)
                    .put("p90_ms", result.p90Millis)
                    .put("p99_ms", result.p99Millis)
                    .put("images_per_s", result.imagesPerSecond.median())
                    .put("share_of_peak", result.fractionOfPeak.median())
                    .put("share_of_peak_as_written", result.writtenFraction.median())
                    .put("memory_mib", result.memoryMib)
                    .put("cold_start_ms", result.coldStartMillis)
                    .put("session_ms", result.sessionMillis)
                    .put("calls", result.calls)
                    .put("round_median_ms", result.roundMillis.median())
                    .put("macs_as_written", result.writtenMacs);
            result.nominalMacs.ifPresentOrElse(macs -> entry.put("macs", macs), () -> entry.putNull("macs"));
            put(entry.putObject("speedup"), result.speedup);
            put(entry.putObject("share_of_peak_by_round"), result.fractionOfPeak);
        }
        return object;
    }

    private static void put(ObjectNode object, Spread spread) {
        object.put("median", spread.median()).put("min", spread.min()).put("max", spread.max());
    }

    private String table(List<Result> results) {
        MarkdownTable table = new MarkdownTable(
                "file",
                ">median, ms",
                ">p90",
                ">p99",
                ">images/s",
                ">times the first",
                ">share of peak",
                ">as written",
                ">memory, MiB",
                ">cold start, ms");
        for (Result result : results) {
            table.row(
                    result.name,
                    number("%.2f", result.medianMillis),
                    number("%.2f", result.p90Millis),
                    number("%.2f", result.p99Millis),
                    number("%.1f", result.imagesPerSecond.median()),
                    Figures.spread("%.2f", result.speedup),
                    Figures.spread("%.2f", result.fractionOfPeak),
                    number("%.2f", result.writtenFraction.median()),
                    number("%.0f", result.memoryMib),
                    number("%.0f", result.coldStartMillis));
        }
        return table.toString();
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private String how(MachinePeaks peaks, String runtime) {
        return String.format(
                Locale.ROOT,
                "%s, Kinglet %s, %s; %s of %d %s, batch %d; %d rounds of %.1f s each, interleaved. Peaks of the same run, best"
                        + " of %d looks: sgemm %.1f GFLOP/s (spread %.0f %%), copy %.1f GB/s read and written (spread"
                        + " %.0f %%). Share of peak: 2 MACs / (time x sgemm just before and after), by the network's own"
                        + " MACs, and by those of the graph as it is written. This and times the first: medians of the"
                        + " same round, over the rounds (range).",
                Machine.describe(),
                Version.kinglet(),
                runtime,
                threads == 1 ? "1 session" : threads + " sessions side by side",
                intraThreads,
                intraThreads == 1 ? "thread" : "threads",
                batchSize,
                rounds,
                seconds,
                peaks.looks(),
                peaks.gflops().max(),
                100 * peaks.gflops().relative(),
                peaks.gigabytes().max(),
                100 * peaks.gigabytes().relative());
    }
}
