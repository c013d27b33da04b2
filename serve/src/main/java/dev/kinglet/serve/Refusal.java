package dev.kinglet.serve;

import java.util.Objects;
import java.util.OptionalInt;

/** A request that gets no answer, and why. The message is for the one who sent it. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int MAX_MESSAGE = 500; // characters

    /** What is wrong, in the terms of both protocols. */
    enum Kind {
        /** The request is wrong. */
        INVALID(400),
        /** No token, or one that is not known. */
        UNAUTHORIZED(401),
        /** What the server is not allowed to do by its options. */
        FORBIDDEN(403),
        /** No such model, version or path. */
        NOT_FOUND(404),
        /** Beyond a limit that the message names. */
        TOO_LARGE(413),
        /** Packed in a way that is not taken. */
        UNSUPPORTED(415),
        /** The queue is full: later it may be taken. */
        BUSY(429),
        /** The server or the model is not ready. */
        UNAVAILABLE(503),
        /** The answer would come after its deadline. */
        LATE(504),
        /** A mistake in Kinglet or in the model. */
        FAILED(500);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        /** The HTTP status. */
        int status() {
            return status;
        }
    }

    private final Kind kind;
    private final int retryAfterSeconds;

    Refusal(Kind kind, String message) {
        this(kind, message, 0);
    }

    private Refusal(Kind kind, String message, int retryAfterSeconds) {
        super(shortened(message), null, false, false); // thousands a second under load: no stack trace
        this.kind = kind;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** What a client sent may be in it, and that may be long. */
    private static String shortened(String message) {
        return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "...";
    }

    static Refusal invalid(String message) {
        return new Refusal(Kind.INVALID, message);
    }

    static Refusal busy(String message) {
        return new Refusal(Kind.BUSY, message, 1);
    }

    static Refusal unavailable(String message) {
        return new Refusal(Kind.UNAVAILABLE, message, 1);
    }

    Kind kind() {
        return kind;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** After how long another try may succeed, if it may. */
    OptionalInt retryAfterSeconds() {
        return retryAfterSeconds == 0 ? OptionalInt.empty() : OptionalInt.of(retryAfterSeconds);
    }
}
