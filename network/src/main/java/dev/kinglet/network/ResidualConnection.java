package dev.kinglet.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A residual connection (He et al., 2016): an addition of a branch and the shortcut around it. The branch is the side with
 * more layers of its own.
 *
 * @param addition an {@link Op.Add}
 * @param branch position of the branch among the addition's inputs, 0 or 1; the shortcut is the other
 */
public record ResidualConnection(Layer addition, int branch) {
    /** Those of a network, in the order in which it computes them. */
    public static List<ResidualConnection> of(Network network) {
        return network.layers().stream()
                .filter(layer -> layer.op() instanceof Op.Add)
                .map(addition -> new ResidualConnection(addition, branch(addition)))
                .toList();
    }

    private static int branch(Layer addition) {
        Set<Layer> first = ancestors(addition.inputs().get(0));
        Set<Layer> second = ancestors(addition.inputs().get(1));
        long ownOfFirst =
                first.stream().filter(layer -> !second.contains(layer)).count();
        long ownOfSecond =
                second.stream().filter(layer -> !first.contains(layer)).count();
        return ownOfFirst >= ownOfSecond ? 0 : 1;
    }

    /** A layer and all that it is computed from. */
    private static Set<Layer> ancestors(Layer layer) {
        Set<Layer> found = new HashSet<>();
        Deque<Layer> open = new ArrayDeque<>(List.of(layer));
        while (!open.isEmpty()) {
            Layer next = open.pop();
            if (found.add(next)) {
                open.addAll(next.inputs());
            }
        }
        return found;
    }

    /** The batch normalization that the branch ends with; empty if it ends with another layer. */
    public Optional<Layer> lastNorm() {
        Layer last = addition.inputs().get(branch);
        return last.op() instanceof Op.BatchNorm ? Optional.of(last) : Optional.empty();
    }
}
