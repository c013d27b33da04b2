package dev.kinglet.cli;

import dev.kinglet.toolkit.Machine;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CancellationException;

/**
 * What an exception means to the caller of the program.
 *
 * @param status the exit status
 * @param line what to say
 */
record Failure(int status, String line) {
    /** The work could not be done: unreadable data, a full disk, a diverged run. */
    static final int FAILED = 1;
    /** The call was wrong: an unknown name, a value out of range. */
    static final int WRONG_CALL = 2;
    /** Stopped by Ctrl-C. */
    static final int INTERRUPTED = 130;

    private static final String DISK_FULL = "No space left on device";

    static Failure of(Throwable e) {
        if (e instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return of(unchecked.getCause());
        }
        if (e instanceof IOException io) {
            String line = ofFile(io);
            return new Failure(
                    FAILED, line.endsWith(DISK_FULL) ? line + "; make room there, then go on or try again" : line);
        }
        String message = e.getMessage();
        if (e instanceof IllegalArgumentException && message != null) {
            return new Failure(WRONG_CALL, message);
        }
        if (e instanceof CancellationException) {
            return new Failure(INTERRUPTED, String.valueOf(message));
        }
        if (e instanceof CommandFailedException) {
            return new Failure(FAILED, String.valueOf(message));
        }
        if (e instanceof OutOfMemoryError) {
            return new Failure(
                    FAILED,
                    "out of memory (" + message + "): the heap may grow to "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MiB, native code to " + Machine.nativeLimit()
                            + " bytes; take a smaller batch, or set KINGLET_OPTS=-Xmx4g");
        }
        if (e instanceof UnsatisfiedLinkError || e instanceof NoClassDefFoundError) {
            return new Failure(
                    FAILED, "a native library cannot be loaded: " + message + "; kinglet doctor says which are there");
        }
        return new Failure(FAILED, e + "; this is a mistake in Kinglet: --debug prints where it happened");
    }

    /** The JDK's file exceptions say only the file's name, and so do messages made of theirs. */
    private static String ofFile(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof FileSystemException system) {
            return system.getFile() + ": " + reason(system);
        }
        if (e instanceof FileNotFoundException) {
            return message + ": there is no such file or folder";
        }
        if (e.getCause() instanceof FileSystemException cause && cause.getReason() == null) {
            return message + ": " + reason(cause);
        }
        return message;
    }

    private static String reason(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return "access denied; check the permissions of the file and its folder";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "there is such a file already; name another";
        }
        if (e instanceof NotDirectoryException) {
            return "is not a folder";
        }
        return e.getReason() == null ? "cannot be used (" + e.getClass().getSimpleName() + ")" : e.getReason();
    }

    int report(Console console, Throwable e, boolean debug) {
        console.error(line);
        if (debug) {
            e.printStackTrace(console.err());
        }
        return status;
    }
}
