package dev.kinglet.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C while there is something to bring to an end: the JVM, on its way out, asks for the end and waits until the work
 * is closed. Its exit status is then 130, whatever the program says.
 */
final class Interruption implements AutoCloseable {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;

    /** @param stop asks the work to end soon; called from another thread */
    Interruption(Runnable stop) {
        hook = new Thread(
                () -> {
                    stop.run();
                    try {
                        ended.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // somebody is in a hurry
                    }
                },
                "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The work has ended; the JVM may go. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it is running already: this is a Ctrl-C
        }
    }
}
