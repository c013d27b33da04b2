package dev.kinglet.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;

/** A fixed number of threads that run the same task at the same time; the caller's thread is the first of them. */
final class Workers implements AutoCloseable {
    private final int count;
    private final ExecutorService others;

    Workers(int count) {
        this.count = count;
        this.others = Executors.newFixedThreadPool(Math.max(1, count - 1), task -> {
            Thread thread = new Thread(task, "worker");
            thread.setDaemon(true);
            return thread;
        });
    }

    int count() {
        return count;
    }

    /**
     * Runs {@code task} once on each thread, with the thread's number. Returns when all are done, and only then throws
     * what one of them threw.
     */
    void run(IntConsumer task) {
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            int worker = i;
            running.add(CompletableFuture.runAsync(() -> task.accept(worker), others));
        }
        try {
            running.add(CompletableFuture.runAsync(() -> task.accept(0), Runnable::run));
            CompletableFuture.allOf(running.toArray(CompletableFuture<?>[]::new))
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public void close() {
        others.shutdownNow();
    }
}
