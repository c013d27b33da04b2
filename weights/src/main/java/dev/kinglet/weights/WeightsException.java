package dev.kinglet.weights;

import dev.kinglet.base.Printable;
import java.io.IOException;

/**
 * A file of weights that is damaged, is of another kind or network, or asks for too much. The message is one line: the
 * file, the tensor and the byte where there are such, what was found and what was expected.
 */
public final class WeightsException extends IOException {
    private static final long serialVersionUID = 1L;

    WeightsException(String source, String message) {
        super(source + ": " + message);
    }

    WeightsException(String source, String message, Throwable cause) {
        super(source + ": " + message, cause);
    }

    /** A fault found by code that does not know the file. */
    static WeightsException of(String source, Exception cause) {
        return new WeightsException(source, String.valueOf(cause.getMessage()), cause);
    }

    /** At a byte of the file. */
    static WeightsException at(long offset, String source, String message) {
        return new WeightsException(source, message + " (at byte " + offset + ")");
    }

    /** About a tensor, at the byte of the file where it is described. */
    static WeightsException about(String tensor, long offset, String source, String message) {
        return at(offset, source, "tensor '" + Printable.of(tensor) + "' " + message);
    }
}
