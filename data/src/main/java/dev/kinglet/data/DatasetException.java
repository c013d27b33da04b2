package dev.kinglet.data;

import java.io.IOException;

/** A data set that cannot be used: missing, empty, damaged, inconsistent. The message says what was found and where. */
public final class DatasetException extends IOException {
    private static final long serialVersionUID = 1L;

    public DatasetException(String message) {
        super(message);
    }

    public DatasetException(String message, Throwable cause) {
        super(message, cause);
    }
}
