package dev.kinglet.data.archive;

import java.io.IOException;

/** An archive, or an entry of one, that is refused though it may be whole. The message says what was found. */
public final class ArchiveException extends IOException {
    private static final long serialVersionUID = 1L;

    ArchiveException(String message) {
        super(message);
    }

    ArchiveException(String message, Throwable cause) {
        super(message, cause);
    }
}
