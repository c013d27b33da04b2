package dev.kinglet.client;

import java.io.IOException;

/** A server's refusal, in its own words. */
public final class ServerException extends IOException {
    private static final long serialVersionUID = 1;

    private final int status;

    ServerException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status, or the number of the gRPC code. */
    public int status() {
        return status;
    }
}
