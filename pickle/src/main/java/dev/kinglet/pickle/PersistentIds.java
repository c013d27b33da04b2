package dev.kinglet.pickle;

import org.jspecify.annotations.Nullable;

/** Finds values that a pickle does not hold itself but refers to, such as the storages beside a torch pickle. */
@FunctionalInterface
public interface PersistentIds {
    /** Refuses every reference. */
    PersistentIds NONE = id -> {
        throw new IllegalArgumentException("a reference to a value outside the pickle, where none is expected");
    };

    /**
     * The value behind a reference.
     *
     * @param id whatever the pickle says: a string, or a tuple
     * @throws IllegalArgumentException if there is no such value; the message says so, and the unpickler adds the place
     */
    @Nullable
    Object find(@Nullable Object id);
}
