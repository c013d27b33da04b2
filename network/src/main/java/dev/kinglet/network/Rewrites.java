package dev.kinglet.network;

import java.util.List;

/** Every rewrite there is. */
public final class Rewrites {
    /** Channels that runtimes keep together where vectors are widest: 16 numbers of 32 bits are 512 bits. */
    public static final int LANES = 16;

    private Rewrites() {}

    /** All of them, in the order in which they are applied, for {@link #LANES} and every form by rule. */
    public static List<Rewrite> all() {
        return all(LANES, Forms.byRule());
    }

    /**
     * All of them, in the order in which they are applied.
     *
     * @param lanes channels that the runtime keeps together; a multiple of its own number is right too, at the price of
     *     more zeros
     * @param forms of convolutions in groups
     */
    public static List<Rewrite> all(int lanes, Forms forms) {
        return List.of(
                new ConvertLearnedGroups(),
                new MergePointwise(forms), // before the shuffles it takes up become selections
                new FoldBatchNorms(), // likewise, and after normalisations have moved
                new MatricesToSelections(),
                new ShufflesToSelections(),
                new FuseHardCurves(),
                new GatesToConvolutions(),
                new MergeGroups(lanes, forms),
                new SplitThinGroups(forms), // after those that could be merged are
                new AlignChannels(lanes), // after whatever makes convolutions dense
                new DropDeadLayers());
    }

    /** A model after all of these, one after the other. */
    public static Model apply(List<Rewrite> rewrites, Model model) {
        Model written = model;
        for (Rewrite rewrite : rewrites) {
            written = rewrite.apply(written);
        }
        return written;
    }
}
