package dev.kinglet.measure;

import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.DoubleStream;

/** A candidate of a running benchmark: one session per worker, and the times so far. Owns native memory until closed. */
final class Contender implements AutoCloseable {
    private static final int MIN_CALLS = 3; // in a round

    private final String name;
    private final OnnxFile file;
    private final Workers workers;
    private final int batchSize;
    private final int intraThreads;
    private final List<TimedSession> sessions = new ArrayList<>();
    private final List<ColdStart> coldStarts = new ArrayList<>();
    private final List<double[]> rounds = new ArrayList<>(); // milliseconds of each call
    private final List<Double> imagesPerSecond = new ArrayList<>(); // of all workers together, by round
    private final List<Double> peakGflops = new ArrayList<>(); // around each round

    /**
     * Opens and checks the candidate's file; loads no native library.
     *
     * @param workers one per session
     * @param batchSize images in a call
     * @param intraThreads compute (intra-op) threads of one call
     */
    Contender(Candidate candidate, Workers workers, int batchSize, int intraThreads) throws IOException {
        this.name = candidate.name();
        this.file = candidate.source().open();
        this.workers = workers;
        this.batchSize = batchSize;
        this.intraThreads = intraThreads;
    }

    /** Measures a cold start in a process of its own. */
    void coldStart() throws IOException {
        coldStarts.add(ColdStart.measure(name, file, batchSize, intraThreads));
    }

    /**
     * Creates the sessions.
     *
     * @throws IOException if ONNX Runtime refuses the file
     */
    void start() throws IOException {
        while (sessions.size() < workers.count()) {
            sessions.add(new TimedSession(file, name, batchSize, intraThreads));
        }
    }

    /** Runs for {@code seconds} without keeping the times. */
    void warmUp(double seconds) {
        round(seconds);
        rounds.clear();
        imagesPerSecond.clear();
    }

    /** Runs on all workers, one call after the other, until {@code seconds} have passed. */
    void round(double seconds) {
        double[][] millis = new double[sessions.size()][];
        double[] rate = new double[sessions.size()];
        workers.run(worker -> {
            TimedSession session = sessions.get(worker);
            DoubleStream.Builder calls = DoubleStream.builder();
            long start = System.nanoTime();
            long before = start;
            int count = 0;
            while (count < MIN_CALLS || before - start < seconds * 1e9) {
                session.run();
                long after = System.nanoTime();
                calls.add((after - before) / 1e6);
                before = after;
                count++;
            }
            millis[worker] = calls.build().toArray();
            rate[worker] = 1e9 * batchSize * count / (before - start);
        });
        rounds.add(Arrays.stream(millis).flatMapToDouble(DoubleStream::of).toArray());
        imagesPerSecond.add(DoubleStream.of(rate).sum());
    }

    /** Records the machine's arithmetic peak around the last round, in GFLOP/s. */
    void recordPeak(double gflops) {
        peakGflops.add(gflops);
    }

    /** All that was measured, compared with {@code first}. */
    InferenceBenchmark.Result result(Contender first) throws IOException {
        double[] calls = rounds.stream().flatMapToDouble(DoubleStream::of).toArray();
        double[] medians = medians();
        double[] speedup = first.medians();
        for (int i = 0; i < speedup.length; i++) {
            speedup[i] /= medians[i];
        }
        OptionalLong macs = nominalMacs(file.card());
        long graphMacs = GraphCosts.macs(file);
        return new InferenceBenchmark.Result(
                name,
                file.card().model(),
                calls.length,
                Spread.of(calls).median(),
                Spread.percentile(calls, 90),
                Spread.percentile(calls, 99),
                Spread.of(medians),
                Spread.of(imagesPerSecond),
                Spread.of(speedup),
                Spread.of(fractionsOfPeak(macs.orElse(graphMacs))),
                Spread.of(fractionsOfPeak(graphMacs)),
                macs,
                graphMacs,
                median(coldStarts.stream().mapToDouble(ColdStart::sessionMillis)),
                median(coldStarts.stream().mapToDouble(ColdStart::totalMillis)),
                median(coldStarts.stream().mapToDouble(ColdStart::memoryMib)));
    }

    private static double median(DoubleStream values) {
        return Spread.of(values.toArray()).median();
    }

    /** The median of each round in milliseconds. */
    private double[] medians() {
        return rounds.stream().mapToDouble(calls -> Spread.of(calls).median()).toArray();
    }

    /** By round; {@code macs} are of one image, and each is two operations. */
    private double[] fractionsOfPeak(long macs) {
        double[] fractions = medians();
        for (int i = 0; i < fractions.length; i++) {
            double millisPerImage = fractions[i] / (batchSize * sessions.size());
            fractions[i] = 2 * macs / (millisPerImage * 1e6 * peakGflops.get(i));
        }
        return fractions;
    }

    /**
     * Multiply-accumulates for one image of the network the card names, as the zoo defines it; empty if the zoo has none
     * of that name, or training prunes the network and it costs less in the end.
     */
    private static OptionalLong nominalMacs(Card card) {
        if (Zoo.all().stream().noneMatch(variant -> variant.name().equals(card.model()))) {
            return OptionalLong.empty();
        }
        Network network = TrainedModel.network(card);
        boolean pruned = network.layers().stream().anyMatch(layer -> layer.op() instanceof Op.LearnedGroupConv);
        return pruned ? OptionalLong.empty() : OptionalLong.of(Costs.of(network).macs());
    }

    @Override
    public void close() {
        sessions.forEach(TimedSession::close);
        sessions.clear();
    }
}
