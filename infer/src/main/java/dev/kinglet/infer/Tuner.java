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
 * Finds the forms of a model's convolutions in groups that this machine is fastest at, by timing: whole networks with one
 * choice changed at a time, each against the best so far, in alternating rounds on one thread. What is next to a
 * convolution decides about it as much as it does itself, so single layers are not timed.
 */
public final class Tuner {
    private static final int FEWER_CHANNELS = 8; // than the widest
    private static final int ROUNDS = 5;
    private static final double SECONDS = 0.1; // that a network runs in a round
    private static final double WORTH = 1.015; // what is not faster by this much is noise

    private final Model model;
    private final Consumer<Trial> listener;

    /**
     * One choice that was timed.
     *
     * @param choice what was changed
     * @param speedup how many times as fast the network then was; the median of the rounds
     * @param kept whether it became the best so far
     */
    public record Trial(String choice, double speedup, boolean kept) {}

    /** @param listener hears of each choice once it was timed */
    public Tuner(Model model, Consumer<Trial> listener) {
        this.model = model;
        this.listener = listener;
    }

    /** What is written for some forms. */
    private record Candidate(ConvPlan forms, OnnxFile file) {}

    /**
     * Takes from seconds to some minutes.
     *
     * @throws IOException if ONNX Runtime refuses a network
     */
    public ConvPlan tune() throws IOException {
        Candidate best = candidate(Processor.plan());
        int lanes = best.forms.channelBlock() == FEWER_CHANNELS ? ConvPlan.MAX_CHANNEL_BLOCK : FEWER_CHANNELS;
        best = better(best, best.forms.withChannelBlock(lanes), lanes + " lanes");
        for (ConvPlan.Site site : ConvPlan.sites(model)) {
            for (ConvImplementation form : site.candidates()) {
                String choice = site.description() + ": " + form.label();
                best = better(best, best.forms.with(site.layers(), form), choice);
            }
        }
        return best.forms;
    }

    private Candidate better(Candidate best, ConvPlan forms, String choice) throws IOException {
        Candidate tried = candidate(forms);
        if (Arrays.equals(best.file.bytes(), tried.file.bytes())) {
            return best;
        }
        double speedup = speedup(best.file, tried.file);
        boolean kept = speedup > WORTH;
        listener.accept(new Trial(choice, speedup, kept));
        return kept ? tried : best;
    }

    private Candidate candidate(ConvPlan forms) {
        return new Candidate(forms, OnnxFile.of(Rewrites.apply(Rewrites.all(forms), model)));
    }

    private static double speedup(OnnxFile before, OnnxFile after) throws IOException {
        try (TimedSession first = new TimedSession(before, "the best so far", 1, 1);
                TimedSession second = new TimedSession(after, "the one tried", 1, 1)) {
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
