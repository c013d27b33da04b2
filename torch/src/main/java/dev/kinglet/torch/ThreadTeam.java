package dev.kinglet.torch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

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
        AtomicInteger next = new AtomicInteger();
        CompletableFuture<Void> others = CompletableFuture.allOf(IntStream.range(1, Math.min(threads, tasks))
                .mapToObj(thread -> CompletableFuture.runAsync(() -> work(tasks, job, next, thread), helpers))
                .toArray(CompletableFuture<?>[]::new));
        try {
            work(tasks, job, next, 0);
        } finally {
            others.exceptionally(failure -> null).join(); // the tasks read memory that the caller frees
        }
        try {
            others.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static void work(int tasks, Job job, AtomicInteger next, int thread) {
        for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
            job.run(task, thread);
        }
    }

    @Override
    public void close() {
        helpers.shutdown();
    }
}
