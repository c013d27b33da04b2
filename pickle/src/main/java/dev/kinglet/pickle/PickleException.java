package dev.kinglet.pickle;

import java.io.IOException;

/** A pickle that is malformed, too large, or names something that is not read. The message is one line. */
public final class PickleException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    PickleException(String message, long offset) {
        super(message + " (at byte " + offset + " of the pickle)");
        this.offset = offset;
    }

    PickleException(String message, long offset, Throwable cause) {
        super(message + " (at byte " + offset + " of the pickle)", cause);
        this.offset = offset;
    }

    /** Whether the pickle asks for a class or function that is not read, and so for code. */
    public boolean isRefusedName() {
        return getCause() instanceof RefusedNameException;
    }

    /** Where the instruction that could not be followed begins, in bytes from the beginning of the pickle. */
    public long offset() {
        return offset;
    }
}
