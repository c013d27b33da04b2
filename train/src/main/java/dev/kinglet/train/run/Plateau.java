package dev.kinglet.train.run;

import java.util.Map;

/**
 * What a learning rate that falls on plateaus has seen, as {@code torch.optim.lr_scheduler.ReduceLROnPlateau} defines it for
 * a value that should rise.
 *
 * @param best highest top-1 so far, in percent; an improvement is higher by one part in ten thousand
 * @param waited epochs since then or since the last reduction
 * @param reduction product of all factors so far
 */
record Plateau(double best, int waited, double reduction) {
    static final Plateau START = new Plateau(Double.NEGATIVE_INFINITY, 0, 1);
    private static final double IMPROVEMENT = 1e-4;

    /** After one more epoch. */
    Plateau after(double top1, int patience, double factor) {
        boolean better = best == Double.NEGATIVE_INFINITY || top1 > best * (1 + IMPROVEMENT);
        if (better) {
            return new Plateau(top1, 0, reduction);
        }
        return waited + 1 > patience
                ? new Plateau(best, 0, reduction * factor)
                : new Plateau(best, waited + 1, reduction);
    }

    void putInto(Map<String, String> state) {
        state.put("plateau_best", Double.toString(best));
        state.put("plateau_waited", Integer.toString(waited));
        state.put("plateau_reduction", Double.toString(reduction));
    }

    /** As saved; the start in a checkpoint of a version that saved none. */
    static Plateau of(SavedState state) {
        return state.entries().containsKey("plateau_best")
                ? new Plateau(
                        state.decimal("plateau_best"),
                        Math.toIntExact(state.whole("plateau_waited")),
                        state.decimal("plateau_reduction"))
                : START;
    }
}
