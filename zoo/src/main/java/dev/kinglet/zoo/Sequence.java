package dev.kinglet.zoo;

import dev.kinglet.network.Scope;

/** The numbered children of a scope, one after another: PyTorch's Sequential. Modules without tensors count too. */
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

    /** The next child's name, for a layer that is all of it. */
    String name() {
        return Integer.toString(next++);
    }

    /** Leaves out a child that is nothing here: a flattening, say. */
    void skip() {
        next++;
    }
}
