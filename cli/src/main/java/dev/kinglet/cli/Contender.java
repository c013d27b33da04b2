package dev.kinglet.cli;

import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.train.Memory;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * One of the networks that are timed against each other, as many sessions of it as there are threads, and the times so
 * far. Owns native memory until closed.
 */
final class Contender implements AutoCloseable {
    private static final int FEWEST = 3; // calls a round

    private final String name;
    private final OnnxFile file;
    private final Workers workers;
    private final int batch;
    private final List<TimedSession> sessions = new ArrayList<>();
    private final List<double[]> rounds = new ArrayList<>(); // milliseconds of each call
    private final List<Double> rates = new ArrayList<>(); // images a second, of all threads together; by round
    private final List<Double> peaks = new ArrayList<>(); // 1e9 operations a second, around each round
    private final int intraThreads;
    private final double readMillis;
    private double sessionMillis;
    private double coldStartMillis;
    private double memoryMib;

    /**
     * Reads and checks what is named: a file of any kind that holds a network, or a network of the zoo. One that is not
     * exported yet is rewritten as {@code kinglet export} does it. No natives so far.
     *
     * @param imageSize of a network of the zoo; null: as published
     * @param workers that run a session each
     * @param batch images a call
     * @param intraThreads that share the work of one call
     */
    Contender(String name, @Nullable Integer imageSize, Workers workers, int batch, int intraThreads)
            throws IOException {
        this.name = name;
        this.workers = workers;
        this.batch = batch;
        this.intraThreads = intraThreads;
        long start = System.nanoTime();
        this.file = open(name, imageSize);
        this.readMillis = millisSince(start);
    }

    /**
     * Makes the sessions, and looks at what the first one costs.
     *
     * @throws IOException if ONNX Runtime refuses the file
     */
    void start() throws IOException {
        System.gc(); // what reading left behind is not the session's
        long before = Memory.residentBytes().orElse(0);
        long start = System.nanoTime();
        TimedSession first = session();
        sessionMillis = millisSince(start);
        first.run();
        coldStartMillis = readMillis + millisSince(start);
        memoryMib = (Memory.residentBytes().orElse(0) - before) / (double) (1 << 20);
        while (sessions.size() < workers.count()) {
            session();
        }
    }

    private TimedSession session() throws IOException {
        TimedSession session = new TimedSession(file, name, batch, intraThreads);
        sessions.add(session);
        return session;
    }

    private static OnnxFile open(String name, @Nullable Integer imageSize) throws IOException {
        Path path = Path.of(name);
        if (TrainedModel.isOnnx(path)) {
            return OnnxFile.read(path);
        }
        boolean file = Files.exists(path) || name.endsWith(".safetensors");
        Model model = file ? TrainedModel.read(path) : Untrained.model(name, imageSize, null);
        return OnnxFile.of(Exporter.rewritten(model));
    }

    private static double millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e6;
    }

    /** Runs without taking the times, for {@code seconds}. */
    void warmUp(double seconds) {
        round(seconds);
        rounds.clear();
        rates.clear();
    }

    /** Runs on all threads, each call after the other, until {@code seconds} have passed. */
    void round(double seconds) {
        double[][] millis = new double[sessions.size()][];
        double[] rate = new double[sessions.size()];
        workers.run(worker -> {
            TimedSession session = sessions.get(worker);
            DoubleStream.Builder calls = DoubleStream.builder();
            long start = System.nanoTime();
            long before = start;
            int count = 0;
            while (count < FEWEST || before - start < seconds * 1e9) {
                session.run();
                long after = System.nanoTime();
                calls.add((after - before) / 1e6);
                before = after;
                count++;
            }
            millis[worker] = calls.build().toArray();
            rate[worker] = 1e9 * batch * count / (before - start);
        });
        rounds.add(Arrays.stream(millis).flatMapToDouble(DoubleStream::of).toArray());
        rates.add(DoubleStream.of(rate).sum());
    }

    /** Takes down what the machine could do around the last round, in 1e9 floating-point operations a second. */
    void besidePeak(double gflops) {
        peaks.add(gflops);
    }

    /**
     * What share of the machine's arithmetic the network takes, by round.
     *
     * @param macs multiply-accumulates of an image; each is two operations
     */
    double[] shares(long macs) {
        double[] shares = medians();
        for (int i = 0; i < shares.length; i++) {
            double millisAImage = shares[i] / (batch * sessions.size());
            shares[i] = 2 * macs / (millisAImage * 1e6 * peaks.get(i));
        }
        return shares;
    }

    String name() {
        return name;
    }

    OnnxFile file() {
        return file;
    }

    /** Times of all calls in milliseconds. */
    double[] calls() {
        return rounds.stream().flatMapToDouble(DoubleStream::of).toArray();
    }

    /** The median of each round in milliseconds. */
    double[] medians() {
        return rounds.stream().mapToDouble(calls -> Spread.of(calls).median()).toArray();
    }

    /** Images a second of all threads together, by round. */
    double[] rates() {
        return rates.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Multiply-accumulates of the graph in the file, for one image. */
    long writtenMacs() throws IOException {
        return GraphCosts.macs(file);
    }

    /**
     * Multiply-accumulates of the network the file's card names, as {@code kinglet models} lists them, for one image;
     * empty if the zoo has none of that name, or the network is pruned while it trains and costs less in the end.
     */
    OptionalLong nominalMacs() {
        if (Zoo.all().stream()
                .noneMatch(variant -> variant.name().equals(file.card().model()))) {
            return OptionalLong.empty();
        }
        Network network = TrainedModel.network(file.card());
        boolean pruned = network.layers().stream().anyMatch(layer -> layer.op() instanceof Op.LearnedGroupConv);
        return pruned ? OptionalLong.empty() : OptionalLong.of(Costs.of(network).macs());
    }

    /** From the name to the first answer, ONNX Runtime being loaded: reading, checking, the session, one call. */
    double coldStartMillis() {
        return coldStartMillis;
    }

    /** Of this, ONNX Runtime's making of the session. */
    double sessionMillis() {
        return sessionMillis;
    }

    /** How much resident memory grew with one session and its first call; 0 where the system does not say. */
    double memoryMib() {
        return memoryMib;
    }

    @Override
    public void close() {
        sessions.forEach(TimedSession::close);
        sessions.clear();
    }
}
