package dev.kinglet.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C, or a request to terminate, while there is something to bring to an end: the work is asked to stop, and the
 * program goes when its command has returned. Without such work it goes at once. The exit status is 130 either way.
 */
final class Interruption implements AutoCloseable {
    private static final AtomicReference<@Nullable Interruption> CURRENT = new AtomicReference<>();

    private final Runnable stop;

    /** @param stop asks the work to end soon; called from another thread */
    Interruption(Runnable stop) {
        this.stop = stop;
        CURRENT.set(this);
    }

    /**
     * Listens for signals until the program ends.
     *
     * <p>After a signal the JVM is halted: its ordinary exit would tear native libraries down under threads that still
     * calculate, which ends in a crash.
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
        Interruption work = CURRENT.get();
        if (work == null) {
            return;
        }
        work.stop.run();
        try {
            returned.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // somebody is in a hurry
        }
    }

    /** The work has ended. */
    @Override
    public void close() {
        CURRENT.compareAndSet(this, null);
    }
}
