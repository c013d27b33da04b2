package dev.kinglet.network;

import java.util.List;

/**
 * A tensor that a layer owns.
 *
 * @param name inside the layer, {@code "weight"}
 * @param dims dimensions, outermost first; empty for a scalar
 */
public record Parameter(String name, List<Integer> dims, Role role) {
    /** Purpose of a tensor, which decides who changes it. */
    public enum Role {
        /** Changed by the optimizer; only these count as a network's parameters. */
        TRAINED,
        /** Floats that the optimizer does not change: running means, masks. */
        BUFFER,
        /** A counter ({@code int64}): {@code num_batches_tracked}. */
        COUNTER,
        /** Constant positions ({@code int64}): the channels that a layer gathers. */
        INDEX
    }

    public Parameter {
        dims = List.copyOf(dims);
    }

    static Parameter trained(String name, Integer... dims) {
        return new Parameter(name, List.of(dims), Role.TRAINED);
    }

    static Parameter buffer(String name, Integer... dims) {
        return new Parameter(name, List.of(dims), Role.BUFFER);
    }

    static Parameter counter(String name) {
        return new Parameter(name, List.of(), Role.COUNTER);
    }

    static Parameter index(String name, Integer... dims) {
        return new Parameter(name, List.of(dims), Role.INDEX);
    }

    /** Whether it holds {@code int64} numbers; all others hold {@code float32}. */
    public boolean integer() {
        return role == Role.COUNTER || role == Role.INDEX;
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
