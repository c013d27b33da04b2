package dev.kinglet.network.rewrite;

import dev.kinglet.network.Model;
import java.util.List;

/** Every rewrite there is. */
public final class Rewrites {
    private Rewrites() {}

    /** All of them, in the order in which they are applied, with {@link ConvPlan#byRule()}. */
    public static List<Rewrite> all() {
        return all(ConvPlan.byRule());
    }

    /** All of them, in the order in which they are applied. */
    public static List<Rewrite> all(ConvPlan forms) {
        return List.of(
                new ConvertLearnedGroups(),
                new MergePointwise(forms), // before the shuffles it takes up become selections
                new FoldBatchNorms(), // likewise, and after normalizations have moved
                new MatricesToGathers(),
                new ShufflesToGathers(),
                new FuseHardActivations(),
                new LinearsToConvolutions(),
                new BroadcastGates(),
                new MergeGroups(forms),
                new SplitNarrowGroups(forms), // after those that could be merged are
                new DepthwiseBeforeConcats(),
                new AlignChannels(forms.lanes()), // after whatever makes convolutions dense
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
