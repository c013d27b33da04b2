package dev.kinglet.measure;

import dev.kinglet.infer.TimedSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Exported networks timed against each other in rounds. In each round every candidate runs in turn, forwards and backwards
 * by turns, with a measurement of the machine's peaks before and after each, so that whatever else the machine does
 * affects all of them alike. Cold start and memory are measured in a fresh process per candidate, so that neither depends
 * on the order of the candidates.
 *
 * @param models networks by what holds them: an {@code .onnx} file, a run folder, a {@code .safetensors} file, or the name
 *     of a network of the zoo, with random weights; what is not exported yet is rewritten as an export does it
 * @param imageSize input resolution of networks of the zoo; empty: as published
 * @param threads sessions of one worker thread each that run side by side
 * @param intraThreads compute (intra-op) threads of one call
 * @param batchSize images in a call
 * @param seconds that each candidate runs in a round
 */
public record InferenceBenchmark(
        List<String> models,
        OptionalInt imageSize,
        int threads,
        int intraThreads,
        int batchSize,
        int rounds,
        double seconds) {
    private static final int MAX_COLD_STARTS = 3; // per candidate; the median counts

    public InferenceBenchmark {
        models = List.copyOf(models);
        if (models.isEmpty()) {
            throw new IllegalArgumentException("a benchmark needs at least one network");
        }
    }

    /**
     * Measurements of one candidate.
     *
     * @param calls how many were timed
     * @param medianMillis of a call, over all rounds; so are the next two
     * @param roundMillis medians of the rounds
     * @param imagesPerSecond of all sessions together
     * @param speedup over the first candidate, by round
     * @param fractionOfPeak of the machine's arithmetic peak, by {@code macs}, or by {@code graphMacs} where these are
     *     unknown
     * @param graphFractionOfPeak the same by {@code graphMacs}
     * @param macs multiply-accumulates of the network for one image; empty if the zoo does not have it
     * @param graphMacs multiply-accumulates of the exported graph for one image
     * @param sessionMillis creating the session, of a cold start
     * @param coldStartMillis from the file to the first answer, ONNX Runtime being loaded: reading, checking, the session,
     *     one call
     * @param memoryMib growth of resident memory by one session and its first call; 0 where the system does not say
     */
    public record Result(
            String name,
            String model,
            int calls,
            double medianMillis,
            double p90Millis,
            double p99Millis,
            Spread roundMillis,
            Spread imagesPerSecond,
            Spread speedup,
            Spread fractionOfPeak,
            Spread graphFractionOfPeak,
            OptionalLong macs,
            long graphMacs,
            double sessionMillis,
            double coldStartMillis,
            double memoryMib) {}

    /**
     * Peaks of the machine during one benchmark: the maximum of each is the peak, the spread says how steady the machine was.
     *
     * @param measurements how often both were measured
     * @param gflops single-precision matrix multiplication (sgemm), in GFLOP/s
     * @param copyGigabytes memory copy, in GB/s read and written
     */
    public record Peaks(int measurements, Spread gflops, Spread copyGigabytes) {}

    /**
     * Measurements of all candidates, in their order.
     *
     * @param runtime such as {@code ONNX Runtime 1.28.0}
     * @param runtimeLoadMillis loading it, which is part of no cold start
     */
    public record Results(List<Result> results, Peaks peaks, String runtime, double runtimeLoadMillis) {
        private static final double STEADY = 0.3; // spread of the peak on an idle machine stays below

        /**
         * Whether something else kept the machine busy: its peak varied by more than on an idle machine, or a network was
         * faster than the peak that was measured beside it.
         */
        public boolean isDisturbed() {
            return peaks.gflops().relative() > STEADY || isAbovePeak();
        }

        /** Whether a network seems to have used more than the machine's peak in some round. */
        public boolean isAbovePeak() {
            return results.stream()
                    .anyMatch(result -> result.graphFractionOfPeak().max() > 1);
        }
    }

    /**
     * Measures.
     *
     * @param stop called between two pieces of native work; an exception from it ends the benchmark, which frees what it holds
     * @throws IOException if a candidate cannot be read, or ONNX Runtime refuses it
     */
    public Results run(Runnable stop) throws IOException {
        List<Contender> contenders = new ArrayList<>();
        try (Workers workers = new Workers(threads)) {
            for (String model : models) {
                contenders.add(new Contender(Candidate.named(model, imageSize), workers, batchSize, intraThreads));
            }
            for (int i = 0; i < Math.min(rounds, MAX_COLD_STARTS); i++) {
                for (Contender contender : inOrder(i, contenders)) {
                    stop.run();
                    contender.coldStart();
                }
            }
            long start = System.nanoTime();
            String runtime = TimedSession.runtime();
            double loadMillis = (System.nanoTime() - start) / 1e6;
            for (Contender contender : contenders) {
                stop.run();
                contender.start();
            }
            try (MachinePeaks peaks = new MachinePeaks(threads * intraThreads)) {
                race(contenders, peaks, stop);
                List<Result> results = new ArrayList<>();
                for (Contender contender : contenders) {
                    results.add(contender.result(contenders.get(0)));
                }
                return new Results(List.copyOf(results), peaks.summary(), runtime, loadMillis);
            }
        } finally {
            contenders.forEach(Contender::close);
        }
    }

    private void race(List<Contender> contenders, MachinePeaks peaks, Runnable stop) {
        for (Contender contender : contenders) {
            stop.run();
            contender.warmUp(seconds);
        }
        double before = peaks.measure();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : inOrder(round, contenders)) {
                stop.run();
                contender.round(seconds);
                double after = peaks.measure();
                contender.recordPeak((before + after) / 2);
                before = after;
            }
        }
    }

    /** Forwards in even rounds, backwards in odd ones. */
    static <T> List<T> inOrder(int round, List<T> items) {
        List<T> ordered = new ArrayList<>(items);
        if (round % 2 != 0) {
            Collections.reverse(ordered);
        }
        return ordered;
    }
}
