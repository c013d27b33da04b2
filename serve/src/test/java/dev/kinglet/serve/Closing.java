package dev.kinglet.serve;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Servers that end while the next test runs: the library takes two seconds for each. */
final class Closing {
    private static final List<CompletableFuture<?>> CLOSING = new CopyOnWriteArrayList<>();

    private Closing() {}

    static void begin(Collection<Server> servers) {
        servers.forEach(server ->
                CLOSING.add(CompletableFuture.runAsync(server::close, task -> new Thread(task, "closing").start())));
    }

    /** Waits until all have ended. */
    static void join() {
        CLOSING.forEach(CompletableFuture::join);
        CLOSING.clear();
    }
}
