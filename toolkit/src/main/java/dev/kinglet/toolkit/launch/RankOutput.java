package dev.kinglet.toolkit.launch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what a rank prints, byte by byte as it comes, for a progress bar has no line ends. Two kinds of lines are kept back:
 * the one that a failed command ends with, which is said once for all ranks, and those in which Gloo greets its peers.
 */
final class RankOutput {
    private static final String ERROR = "kinglet: ";
    private static final String GREETING = "[Gloo] ";

    private final OutputStream to;
    private final byte[] prefix;
    private final ByteArrayOutputStream begin = new ByteArrayOutputStream(); // of a line that may be kept back
    private boolean isUndecided = true; // whether the line is kept back
    private boolean isKept;
    private @Nullable String message; // guarded by this
    private volatile boolean isMuted;

    /** @param prefix before each line */
    RankOutput(OutputStream to, String prefix) {
        this.to = to;
        this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
    }

    /** The message of the last line that a failed command ended with. */
    synchronized Optional<String> message() {
        return Optional.ofNullable(message);
    }

    /** From now on nothing is passed on. */
    void mute() {
        isMuted = true;
    }

    /** Starts a thread that passes on a stream until its end. */
    Thread pump(InputStream from) {
        Thread thread = new Thread(() -> copy(from), "kinglet-rank-output");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void copy(InputStream from) {
        byte[] buffer = new byte[8192];
        try (from) {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                synchronized (to) {
                    for (int i = 0; i < count; i++) {
                        add(buffer[i]);
                    }
                    to.flush();
                }
            }
            if (begin.size() > 0) {
                endLine();
            }
        } catch (IOException e) {
            // the process has been ended, or nobody reads our own output any more
        }
    }

    private void add(byte next) throws IOException {
        boolean isEnd = next == '\n' || next == '\r';
        if (isUndecided || isKept) {
            begin.write(next);
            if (isEnd) {
                endLine();
            } else if (isUndecided) {
                decide();
            }
            return;
        }
        if (!isMuted) {
            to.write(next);
        }
        isUndecided = isEnd;
    }

    private void decide() throws IOException {
        String text = begin.toString(StandardCharsets.UTF_8);
        isKept = text.startsWith(ERROR) || text.startsWith(GREETING);
        isUndecided = !isKept && (ERROR.startsWith(text) || GREETING.startsWith(text));
        if (!isUndecided && !isKept) {
            passOn();
        }
    }

    private void endLine() throws IOException {
        if (isKept) {
            String line = begin.toString(StandardCharsets.UTF_8).strip();
            if (line.startsWith(ERROR)) {
                synchronized (this) {
                    message = line.substring(ERROR.length());
                }
            }
            begin.reset();
        } else {
            passOn();
        }
        isKept = false;
        isUndecided = true;
    }

    private void passOn() throws IOException {
        if (!isMuted) {
            to.write(prefix);
            begin.writeTo(to);
        }
        begin.reset();
    }
}
