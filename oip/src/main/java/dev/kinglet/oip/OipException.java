package dev.kinglet.oip;

import java.io.IOException;
import java.util.Objects;

/** A request or an answer that is not as the protocol has it. The message is for the one who sent it. */
public final class OipException extends IOException {
    private static final long serialVersionUID = 1;

    public OipException(String message) {
        super(message);
    }

    public OipException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
