package dev.kinglet.network;

import java.util.List;

/**
 * A tensor a layer owns.
 *
 * @param name its name inside the layer, {@code "weight"}
 * @param dims its dimensions, outermost first; empty for a scalar
 */
public record Parameter(String name, List<Integer> dims, Role role) {
    /** What a tensor is for, and so who changes it. */
    public enum Role {
        /** Changed by the optimizer; what "parameters of a network" counts. */
        TRAINED,
        /** A float buffer that training updates on the way, such as a running mean. */
        STATISTIC,
        /** An integer buffer ({@code int64}), such as {@code num_batches_tracked}. */
        COUNTER
    }

    public Parameter {
        dims = List.copyOf(dims);
    }

    static Parameter trained(String name, Integer... dims) {
        return new Parameter(name, List.of(dims), Role.TRAINED);
    }

    static Parameter statistic(String name, Integer... dims) {
        return new Parameter(name, List.of(dims), Role.STATISTIC);
    }

    static Parameter counter(String name) {
        return new Parameter(name, List.of(), Role.COUNTER);
    }

    /** Whether the optimizer changes it. */
    public boolean trained() {
        return role == Role.TRAINED;
    }

    /** Number of elements; 1 for a scalar. */
    public long elements() {
        return dims.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }
}
