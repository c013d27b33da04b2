package dev.kinglet.network.rewrite;

import dev.kinglet.base.NearestName;
import dev.kinglet.network.Model;
import java.util.List;
import java.util.Map;

/** The rewrites of Kinglet, by name and in the order in which they are applied. */
public final class Rewrites {
    /*
     * The names are written into exported files and typed as options of the command line: a name that changes goes to
     * EARLIER. Each stands here and nowhere else.
     */
    static final String CONVERT_LEARNED_GROUPS = "convert-learned-groups";
    static final String MERGE_POINTWISE = "merge-pointwise";
    static final String FOLD_BATCH_NORMS = "fold-batch-norms";
    static final String MATRICES_TO_GATHERS = "matrices-to-gathers";
    static final String SHUFFLES_TO_GATHERS = "shuffles-to-gathers";
    static final String FUSE_HARD_ACTIVATIONS = "fuse-hard-activations";
    static final String BROADCAST_GATES = "broadcast-gates";
    static final String MERGE_GROUPS = "merge-groups";
    static final String SPLIT_NARROW_GROUPS = "split-narrow-groups";
    static final String DEPTHWISE_BEFORE_CONCATS = "depthwise-before-concats";
    static final String ALIGN_CHANNELS = "align-channels";
    static final String DROP_DEAD_LAYERS = "drop-dead-layers";

    /** Name of the rewrite that turns linear layers into pointwise convolutions; int8 exports leave it out. */
    public static final String LINEARS_TO_CONVOLUTIONS = "linears-to-convolutions";

    /** Names in earlier versions, which stand in exported files and in scripts, with those of today. */
    private static final Map<String, String> EARLIER = Map.of(
            "matrices-to-selections", MATRICES_TO_GATHERS,
            "shuffles-to-selections", SHUFFLES_TO_GATHERS,
            "fuse-hard-curves", FUSE_HARD_ACTIVATIONS,
            "expand-gates", BROADCAST_GATES,
            "split-thin-groups", SPLIT_NARROW_GROUPS);

    private Rewrites() {}

    /** All rewrites in the order in which they are applied, with {@link ConvPlan#byRule()}. */
    public static List<Rewrite> all() {
        return all(ConvPlan.byRule());
    }

    /** All rewrites in the order in which they are applied, for this plan of the grouped convolutions. */
    public static List<Rewrite> all(ConvPlan plan) {
        return List.of(
                new ConvertLearnedGroups(),
                new MergePointwise(plan), // before the shuffles it merges become gathers
                new FoldBatchNorms(), // likewise, and after batch normalizations have moved
                new MatricesToGathers(),
                new ShufflesToGathers(),
                new FuseHardActivations(),
                new LinearsToConvolutions(),
                new BroadcastGates(),
                new MergeGroups(plan),
                new SplitNarrowGroups(plan), // after those that can be merged are
                new DepthwiseBeforeConcats(),
                new AlignChannels(plan.channelBlock()), // after whatever makes convolutions dense
                new DropDeadLayers());
    }

    /**
     * The rewrite of a name, with {@link ConvPlan#byRule()}.
     *
     * @throws IllegalArgumentException if there is none of that name; the message has the nearest one and all of them
     */
    public static Rewrite named(String name) {
        return named(List.of(name), ConvPlan.byRule()).get(0);
    }

    /**
     * The rewrites of these names, or of those they had in earlier versions, for a plan, in the order in which they are
     * applied.
     *
     * @throws IllegalArgumentException if there is none of one of the names; the message has the nearest one and all of them
     */
    public static List<Rewrite> named(List<String> names, ConvPlan plan) {
        List<Rewrite> all = all(plan);
        List<String> known = all.stream().map(Rewrite::name).toList();
        List<String> today =
                names.stream().map(name -> EARLIER.getOrDefault(name, name)).toList();
        for (String name : today) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("there is no rewrite '" + name + "'" + NearestName.hint(name, known)
                        + " (known: " + String.join(", ", known) + ")");
            }
        }
        return all.stream().filter(rewrite -> today.contains(rewrite.name())).toList();
    }

    /** Folds batch normalizations into the convolutions and linear layers before them: {@code fold-batch-norms}. */
    public static Rewrite foldBatchNorms() {
        return new FoldBatchNorms();
    }

    /** Converts learned group convolutions into ordinary grouped ones: {@code convert-learned-groups}. */
    public static Rewrite convertLearnedGroups() {
        return new ConvertLearnedGroups();
    }

    /** A model after all of these, one after the other. */
    public static Model apply(List<Rewrite> rewrites, Model model) {
        Model rewritten = model;
        for (Rewrite rewrite : rewrites) {
            rewritten = rewrite.apply(rewritten);
        }
        return rewritten;
    }
}
