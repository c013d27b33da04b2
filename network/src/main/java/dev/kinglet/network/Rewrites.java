package dev.kinglet.network;

import java.util.List;

/** Every rewrite there is. */
public final class Rewrites {
    private static final List<Rewrite> ALL = List.of(
            new ConvertLearnedGroups(),
            new MergeMatrices(), // before the shuffles it takes up become selections
            new FoldBatchNorms(), // likewise
            new ShufflesToSelections(),
            new FuseHardCurves(),
            new GatesToConvolutions(),
            new MergeGroups(),
            new AlignChannels(), // after whatever makes convolutions dense
            new DropDeadLayers());

    private Rewrites() {}

    /** All of them, in the order in which they are applied. */
    public static List<Rewrite> all() {
        return ALL;
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
