package dev.kinglet.zoo;

import dev.kinglet.network.Scope;

/** Numbered children of a scope in order, as in PyTorch's Sequential. Modules without tensors count too. */
final class Sequence {
    private final Scope scope;
    private int next;

    Sequence(Scope scope) {
        this.scope = scope;
    }

    /** The next child, as a scope. */
    Scope scope() {
        return scope.in(next++);
    }

    /** The next child's name, for a child that is a single layer. */
    String name() {
        return Integer.toString(next++);
    }

    /** Leaves out a child that is no layer here, such as a flattening. */
    void skip() {
        next++;
    }
}
