package dev.kinglet.cli;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.IoReason;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.train.DivergedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * An exception, as the caller of the program gets it: a line and an exit status.
 *
 * @param status the exit status
 * @param line the message
 */
record Failure(int status, String line) {
    /** The work could not be done: unreadable data, a full disk, a diverged run. */
    static final int FAILED = 1;
    /** The call was wrong: an unknown name, a value out of range. */
    static final int WRONG_CALL = 2;

    private static final String DISK_FULL = "no space left on device";

    static Failure of(Throwable e) {
        if (e instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return of(unchecked.getCause());
        }
        if (e instanceof IOException io) {
            String line = IoReason.describe(io);
            return new Failure(
                    FAILED,
                    line.toLowerCase(Locale.ROOT).endsWith(DISK_FULL)
                            ? line + "; make room there, then go on or try again"
                            : line);
        }
        String message = e.getMessage();
        if (e instanceof IllegalArgumentException && message != null) {
            return new Failure(WRONG_CALL, message);
        }
        if (e instanceof CancellationException) {
            return new Failure(Interruption.STATUS, String.valueOf(message));
        }
        if (e instanceof DivergedException) {
            return new Failure(FAILED, String.valueOf(message));
        }
        if (e instanceof OutOfMemoryError) {
            return new Failure(
                    FAILED,
                    "out of memory (" + message + "): the heap may grow to "
                            + ByteSize.wholeMib(Runtime.getRuntime().maxMemory())
                            + ", native code to " + Machine.nativeLimit()
                            + "; take a smaller batch, or set KINGLET_OPTS=-Xmx4g");
        }
        if (e instanceof UnsatisfiedLinkError || e instanceof NoClassDefFoundError) {
            return new Failure(
                    FAILED,
                    "a native library cannot be loaded: " + message + "; " + Console.program()
                            + " doctor says which are there");
        }
        return new Failure(FAILED, e + "; this is a mistake in Kinglet: --debug prints where it happened");
    }

    int report(Console console, Throwable e, boolean debug) {
        console.error(line);
        if (debug) {
            e.printStackTrace(console.err());
        }
        return status;
    }
}
