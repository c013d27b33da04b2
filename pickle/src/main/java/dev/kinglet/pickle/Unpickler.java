package dev.kinglet.pickle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what Python's {@code pickle} module writes, protocols 0 to 5, as plain Java values. It is an allow-list: a pickle
 * is a program, and this one knows no instruction that runs anything, and no names but those of dictionaries, tuples,
 * byte strings and numpy arrays. Safe for use by several threads at once.
 *
 * <table>
 * <caption>Python types and the Java types they are read as</caption>
 * <tr><th>Python</th><th>Java</th></tr>
 * <tr><td>{@code None}</td><td>{@code null}</td></tr>
 * <tr><td>{@code bool}</td><td>{@link Boolean}</td></tr>
 * <tr><td>{@code int}</td><td>{@link Long}, or {@link java.math.BigInteger} beyond 64 bits</td></tr>
 * <tr><td>{@code float}</td><td>{@link Double}</td></tr>
 * <tr><td>{@code str}; {@code unicode} of Python 2</td><td>{@link String}</td></tr>
 * <tr><td>{@code bytes}, {@code bytearray}; {@code str} of Python 2</td><td>{@code byte[]}</td></tr>
 * <tr><td>{@code tuple}</td><td>an unmodifiable {@link java.util.List}</td></tr>
 * <tr><td>{@code list}</td><td>{@link java.util.ArrayList}</td></tr>
 * <tr><td>{@code dict}, {@code OrderedDict}</td><td>{@link java.util.LinkedHashMap}</td></tr>
 * <tr><td>{@code numpy.ndarray} and numpy's scalars</td><td>{@link PickledArray}</td></tr>
 * </table>
 *
 * <p>Keys of dictionaries are scalars, and byte strings among them are text (ISO 8859-1): {@code map.get("data")} finds
 * an entry whether Python 2 or 3 wrote it. Values may be nested deeper than a thread's stack, and may even hold
 * themselves, so they are not to be printed, compared or hashed as a whole.
 */
public final class Unpickler {
    private final PickleLimits limits;
    private final Globals globals;
    private final PersistentIds persistentIds;

    private Unpickler(PickleLimits limits, Globals globals, PersistentIds persistentIds) {
        this.limits = limits;
        this.globals = globals;
        this.persistentIds = persistentIds;
    }

    /** With the standard limits, the standard names only, and no references to values outside. */
    public static Unpickler defaults() {
        return new Unpickler(PickleLimits.defaults(), Globals.NONE, PersistentIds.NONE);
    }

    Unpickler withLimits(PickleLimits other) {
        return new Unpickler(other, globals, persistentIds);
    }

    /** With a limit on the pickle's bytes, those of its strings and arrays included; at least 1. */
    public Unpickler withMaxBytes(long bytes) {
        return withLimits(limits.withBytes(bytes));
    }

    /** With names beyond the standard ones, which they cannot replace. */
    public Unpickler withGlobals(Globals other) {
        return new Unpickler(limits, other, persistentIds);
    }

    public Unpickler withPersistentIds(PersistentIds other) {
        return new Unpickler(limits, globals, other);
    }

    /**
     * The value of the pickle at the beginning of {@code pickle}; what follows it is left alone.
     *
     * @throws PickleException if it is malformed, too large, or names something that is not read
     */
    public @Nullable Object read(byte[] pickle) throws PickleException {
        try {
            return read(new ByteArrayInputStream(pickle), pickle.length);
        } catch (PickleException e) {
            throw e;
        } catch (IOException e) {
            throw new AssertionError("an array cannot fail to be read", e);
        }
    }

    /**
     * The value of the pickle that comes next in a stream, which is read to the pickle's last byte and no further.
     *
     * @param in read a byte at a time, so it should be buffered; not closed
     * @param bytes how many it has at most; a length in the pickle is measured against it before anything is allocated
     * @throws PickleException if it is malformed, too large, or names something that is not read
     */
    public @Nullable Object read(InputStream in, long bytes) throws IOException {
        PickleInput input = new PickleInput(in, Math.min(bytes, limits.bytes()));
        return new PickleMachine(input, limits, new StandardGlobals(globals), persistentIds).run();
    }

    /** The text of a {@code String}, or of a {@code byte[]} read as ISO 8859-1; empty for any other value. */
    public static Optional<String> text(@Nullable Object value) {
        if (value instanceof String string) {
            return Optional.of(string);
        }
        if (value instanceof byte[] bytes) {
            return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
        }
        return Optional.empty();
    }
}
