package dev.kinglet.toolkit;

import java.io.IOException;

/** A file of weights that does not fit the network; the message says what would. */
public final class ImportException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient ImportReport report;

    ImportException(String message, ImportReport report, Throwable cause) {
        super(message, cause);
        this.report = report;
    }

    /** How far it fits. */
    public ImportReport report() {
        return report;
    }
}
