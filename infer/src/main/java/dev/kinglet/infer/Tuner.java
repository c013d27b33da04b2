package dev.kinglet.infer;

import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.ConvImplementation;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Search for the fastest implementations of a model's grouped convolutions on this machine, by timing whole networks: one
 * choice is changed at a time and timed against the best so far, in alternating rounds on one thread. The neighbors of a
 * convolution influence its speed as much as it does itself, so single layers are not timed.
 */
public final class Tuner {
    private static final int NARROW_BLOCK = 8;
    private static final int ROUNDS = 5;
    private static final double SECONDS = 0.1; // of one network in a round
    private static final double MIN_SPEEDUP = 1.015; // anything below is noise

    private final Model model;
    private final Consumer<Trial> listener;

    /**
     * One choice that was timed.
     *
     * @param choice what was changed
     * @param speedup of the network by this choice; the median of the rounds
     * @param kept whether it became the best so far
     */
    public record Trial(String choice, double speedup, boolean kept) {}

    /** @param listener notified of each choice once it was timed; what it throws ends the search */
    public Tuner(Model model, Consumer<Trial> listener) {
        this.model = model;
        this.listener = listener;
    }

    /** A plan and the file exported with it. */
    private record Candidate(ConvPlan plan, OnnxFile file) {}

    /**
     * Takes from seconds to some minutes.
     *
     * @throws IOException if ONNX Runtime refuses a network
     */
    public ConvPlan tune() throws IOException {
        Candidate best = candidate(Processor.plan());
        int block = best.plan.channelBlock() == NARROW_BLOCK ? ConvPlan.MAX_CHANNEL_BLOCK : NARROW_BLOCK;
        best = better(best, best.plan.withChannelBlock(block), "blocks of " + block + " channels");
        for (ConvPlan.Site site : ConvPlan.sites(model)) {
            for (ConvImplementation implementation : site.candidates()) {
                String choice = site.description() + ": " + implementation.label();
                best = better(best, best.plan.with(site.layers(), implementation), choice);
            }
        }
        return best.plan;
    }

    private Candidate better(Candidate best, ConvPlan plan, String choice) throws IOException {
        Candidate tried = candidate(plan);
        if (Arrays.equals(best.file.bytes(), tried.file.bytes())) {
            return best;
        }
        double speedup = speedup(best.file, tried.file);
        boolean kept = speedup > MIN_SPEEDUP;
        listener.accept(new Trial(choice, speedup, kept));
        return kept ? tried : best;
    }

    private Candidate candidate(ConvPlan plan) {
        return new Candidate(plan, OnnxFile.of(Rewrites.apply(Rewrites.all(plan), model)));
    }

    private static double speedup(OnnxFile before, OnnxFile after) throws IOException {
        try (TimedSession first = new TimedSession(before, "the best so far", 1, 1);
                TimedSession second = new TimedSession(after, "the candidate", 1, 1)) {
            double[] ratios = new double[ROUNDS];
            nanos(first);
            nanos(second);
            for (int round = 0; round < ROUNDS; round++) {
                boolean forwards = round % 2 == 0;
                double one = nanos(forwards ? first : second);
                double other = nanos(forwards ? second : first);
                ratios[round] = forwards ? one / other : other / one;
            }
            Arrays.sort(ratios);
            return ratios[ROUNDS / 2];
        }
    }

    /** The shortest of the calls that fit into a round: what disturbs a call only makes it longer. */
    private static double nanos(TimedSession session) {
        long start = System.nanoTime();
        long end = start + (long) (SECONDS * 1e9);
        long shortest = Long.MAX_VALUE;
        long before = start;
        do {
            session.run();
            long now = System.nanoTime();
            shortest = Math.min(shortest, now - before);
            before = now;
        } while (before < end);
        return shortest;
    }
}
