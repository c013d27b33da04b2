package dev.kinglet.cli;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C, or a request to terminate. Work that has something to bring to an end is asked to stop; other commands end at
 * their next {@link #check}. The program goes when its command has returned, with status 130.
 *
 * <p>It does not go before: the JVM's exit tears native libraries down, under threads that still calculate, and ends in
 * a crash.
 */
final class Interruption implements AutoCloseable {
    private static final AtomicReference<@Nullable Interruption> CURRENT = new AtomicReference<>();
    private static final int PATIENCE_SECONDS = 30; // with a command that does not come to a check

    private static volatile boolean requested;

    private final Runnable stop;

    /** @param stop asks the work to end soon; called from another thread */
    Interruption(Runnable stop) {
        this.stop = stop;
        CURRENT.set(this);
    }

    /**
     * Listens for signals until the program ends.
     *
     * @return to be counted down when the command has returned
     */
    static CountDownLatch listen() {
        CountDownLatch returned = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (returned.getCount() > 0) { // else it is the program's own exit
                                bringToAnEnd(returned);
                                Runtime.getRuntime().halt(Failure.INTERRUPTED);
                            }
                        },
                        "interruption"));
        return returned;
    }

    private static void bringToAnEnd(CountDownLatch returned) {
        requested = true;
        Interruption work = CURRENT.get();
        try {
            if (work == null) {
                returned.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } else {
                work.stop.run();
                returned.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // somebody is in a hurry
        }
    }

    /**
     * Ends the command if a signal has asked for it; to be called between two pieces of native work.
     *
     * @throws CancellationException if so
     */
    static void check() {
        if (requested) {
            throw new CancellationException("stopped");
        }
    }

    /** The work has ended. */
    @Override
    public void close() {
        CURRENT.compareAndSet(this, null);
    }
}
