package dev.kinglet.torch;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Threads, the caller's among them, that do a list of tasks together. They sleep while there is none. */
final class ThreadTeam implements AutoCloseable {
    private final int most;
    private int threads; // that work
    private final ExecutorService helpers;

    /** A task of a list. */
    interface Job {
        /**
         * Does one.
         *
         * @param task from 0
         * @param thread that does it, from 0
         */
        void run(int task, int thread);
    }

    /** @param threads with the caller's */
    ThreadTeam(int threads) {
        most = threads;
        this.threads = threads;
        helpers = Executors.newFixedThreadPool(Math.max(1, threads - 1), runnable -> {
            Thread thread = new Thread(runnable, "kinglet-compute");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Leaves some of the threads asleep from now on. */
    void use(int number) {
        threads = Math.min(most, number);
    }

    /** Returns when all tasks are done, or throws what one of them did when no thread is at work. */
    void run(int tasks, Job job) {
        int helping = Math.min(threads, tasks) - 1;
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(Math.max(0, helping));
        for (int t = 1; t <= helping; t++) {
            int thread = t;
            helpers.execute(() -> {
                try {
                    work(tasks, job, next, thread);
                } catch (Throwable e) { // no memory is left, too
                    failure.set(e);
                } finally {
                    done.countDown();
                }
            });
        }
        try {
            work(tasks, job, next, 0);
        } finally {
            awaitUninterruptibly(done); // the tasks read memory that the caller frees
        }
        rethrow(failure.get());
    }

    private static void rethrow(@Nullable Throwable failure) {
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
    }

    private static void work(int tasks, Job job, AtomicInteger next, int thread) {
        for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
            job.run(task, thread);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        helpers.shutdown();
    }
}
