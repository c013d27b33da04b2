package dev.kinglet.cli.console;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C, or a request to terminate. Work that has something to complete is asked to stop; other commands end at their
 * next {@link #check}. The program exits when its command has returned, with status 130.
 */
public final class Interruption implements AutoCloseable {
    /*
     * The signals are handled, so that the JVM does not shut down while the command still works: a JVM that shuts down
     * refuses new shutdown hooks, which libraries register when they load ("Shutdown in progress"), and runs those that
     * close files in use. Its exit also unloads native libraries under threads that still compute, and ends in a crash.
     */

    /** The exit status of a program that was interrupted. */
    public static final int STATUS = 130;

    private static final int PATIENCE_SECONDS = 30; // with a command that does not reach a check

    private static boolean requested;
    private static @Nullable Interruption current;

    private final Runnable stop;

    /** @param stop asks the work to end soon; called from any thread, at once if a signal came before */
    public Interruption(Runnable stop) {
        this.stop = stop;
        synchronized (Interruption.class) {
            current = this;
            if (!requested) {
                return;
            }
        }
        stop.run();
    }

    /**
     * Handles signals until the program ends.
     *
     * @return to be counted down when the command has returned
     */
    public static CountDownLatch listen() {
        CountDownLatch returned = new CountDownLatch(1);
        Signals.handle(() -> onSignal(returned));
        return returned;
    }

    private static void onSignal(CountDownLatch returned) {
        Interruption work = request();
        if (work != null) {
            work.stop.run();
        } else {
            awaitOrHalt(returned);
        }
    }

    private static synchronized @Nullable Interruption request() {
        requested = true;
        return current;
    }

    private static void awaitOrHalt(CountDownLatch returned) {
        try {
            if (!returned.await(PATIENCE_SECONDS, TimeUnit.SECONDS) && !hasWork()) {
                Runtime.getRuntime().halt(STATUS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts a signal's thread
        }
    }

    private static synchronized boolean hasWork() {
        return current != null;
    }

    /** Whether a signal has asked for the end. */
    public static synchronized boolean isRequested() {
        return requested;
    }

    /**
     * Ends the command if a signal has asked for it; to be called between two pieces of native work.
     *
     * @throws CancellationException if so
     */
    public static void check() {
        if (isRequested()) {
            throw new CancellationException("stopped");
        }
    }

    /** The work has ended. */
    @Override
    public void close() {
        synchronized (Interruption.class) {
            if (current == this) {
                current = null;
            }
        }
    }
}
