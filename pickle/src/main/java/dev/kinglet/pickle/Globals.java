package dev.kinglet.pickle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names a pickle may use beyond the standard ones. A name stands for a Java value chosen here; no class is looked up by
 * it, and a name that stands for nothing ends the reading.
 */
@FunctionalInterface
public interface Globals {
    /** No names beyond the standard ones. */
    Globals NONE = (module, name) -> null;

    /**
     * The value {@code module.name} stands for: a {@link Constructor} if the pickle may call it, any other value if it may
     * only mention it, or null if it is to be refused.
     */
    @Nullable
    Object find(String module, String name);

    /** A name that a pickle may call. */
    @FunctionalInterface
    interface Constructor {
        /**
         * The value made from the arguments, which are the pickle's own values. A {@code LinkedHashMap} or
         * {@code ArrayList} may be filled by the pickle afterwards; attributes it sets on any value are ignored.
         *
         * @throws IllegalArgumentException if the arguments are not what is expected, or too much is asked for; the
         *     message says so, and the unpickler adds the place
         */
        @Nullable
        Object call(List<@Nullable Object> arguments);
    }
}
