package dev.kinglet.torch;

import dev.kinglet.train.distributed.RankFailedException;
import dev.kinglet.train.distributed.Rendezvous;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.jspecify.annotations.Nullable;

/**
 * Heartbeats of the processes of a group, in its store, and which of them has failed. Each process writes its own twice a
 * second, on a thread of its own: a number that grows while the process runs, a number that grows while it makes progress, and
 * the number of exchanges it has come to. Rank 0 reads those of all others, which read rank 0's. Who finds that one has failed
 * writes so into the store, for all the others.
 */
final class HeartBeats implements AutoCloseable {
    /*
     * Calls of the store may block for as long as its host does not answer, so they are made on the one thread here only; the
     * thread that trains reads fields. The store's client is this class's own: another one's call would block it too.
     */
    private static final long INTERVAL_MILLIS = 500;
    private static final long QUICK_NANOS = TimeUnit.SECONDS.toNanos(4); // of silence, once a connection is broken
    private static final long STALLED_NANOS =
            TimeUnit.SECONDS.toNanos(3); // more than the limit; silence is found first
    private static final String FAILED = "failed";
    private static final String TROUBLE = "trouble";

    private final TCPStore store;
    private final int rank;
    private final List<String> names; // of the ranks, for messages
    private final List<Watched> watched;
    private final long limitNanos;
    private final Thread thread = new Thread(this::run, "kinglet-heartbeat");
    private final AtomicLong progress = new AtomicLong();
    private final AtomicLong entered = new AtomicLong();
    private final CountDownLatch told =
            new CountDownLatch(1); // the failure is in the store, and of rank 0's read by others
    private volatile @Nullable String failure; // null: none
    private volatile boolean trouble; // a connection to another rank is broken
    private volatile boolean storeLost;
    private volatile boolean preparing = true; // what comes before the first progress may take long
    private volatile boolean closed;

    /** What is known of another process. */
    private static final class Watched {
        final int rank;
        volatile String beat = "";
        volatile long heard = System.nanoTime();
        volatile String work = "";
        volatile long worked = heard;
        volatile long entered;

        Watched(int rank) {
            this.rank = rank;
        }

        void hear(String text) {
            if (text.equals(beat)) {
                return;
            }
            beat = text;
            heard = System.nanoTime();
            int blank = text.indexOf(' ');
            String now = text.substring(blank + 1);
            if (!now.equals(work)) {
                work = now;
                worked = heard;
                entered = Long.parseLong(now.substring(now.indexOf(' ') + 1));
            }
        }
    }

    /**
     * Begins.
     *
     * @param store a client that nobody else uses; it is not closed
     * @param names of the processes by rank, for messages
     */
    HeartBeats(TCPStore store, Rendezvous rendezvous, List<String> names) {
        this.store = store;
        this.rank = rendezvous.rank();
        this.names = names;
        this.limitNanos = rendezvous.timeout().toNanos();
        this.watched = IntStream.range(0, rank == 0 ? rendezvous.worldSize() : 1)
                .filter(other -> other != rank)
                .mapToObj(Watched::new)
                .toList();
        thread.setDaemon(true);
        thread.start();
    }

    /** Sets the keys that every process reads; before any of them begins. */
    static void prepare(TCPStore store, int rank) {
        store.set(key(rank), "0 0 0");
        if (rank == 0) {
            store.set(FAILED, "");
            store.set(TROUBLE, "");
        }
    }

    private static String key(int rank) {
        return "beat/" + rank;
    }

    private static String seenKey(int rank) {
        return "seen/" + rank;
    }

    void progress() {
        preparing = false;
        progress.incrementAndGet();
    }

    /** The thread that trains comes to an exchange; its number, from 1. */
    long enter() {
        return entered.incrementAndGet();
    }

    private void run() {
        try {
            for (long beat = 1; !closed; beat++) {
                if (preparing) {
                    progress.incrementAndGet();
                }
                store.set(key(rank), beat + " " + progress.get() + " " + entered.get());
                for (Watched other : watched) {
                    other.hear(store.get_to_str(key(other.rank)));
                }
                exchangeFailures();
                Thread.sleep(INTERVAL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            storeLost = !closed;
        }
    }

    private void exchangeFailures() {
        String known = store.get_to_str(FAILED);
        if (known.isEmpty() && failure == null && rank == 0) {
            boolean quick = trouble || !store.get_to_str(TROUBLE).isEmpty();
            failure = silent(quick ? Math.min(QUICK_NANOS, limitNanos) : limitNanos);
        }
        String own = failure;
        if (known.isEmpty() && own != null) {
            store.set(FAILED, own);
            known = own;
        } else if (trouble) {
            store.set(TROUBLE, Integer.toString(rank));
        }
        if (!known.isEmpty()) {
            failure = known; // what was found first counts
            store.set(seenKey(rank), "");
            if (rank > 0 || watched.stream().allMatch(this::knows)) {
                told.countDown();
            }
        }
    }

    /** Whether another process has read what has failed, or is not there to read it. */
    private boolean knows(Watched other) {
        if (System.nanoTime() - other.heard > QUICK_NANOS / 2) {
            return true;
        }
        try (StringVector keys = new StringVector(seenKey(other.rank))) {
            return store.check(keys);
        }
    }

    /** Says which process has been silent for so long; null if none. */
    private @Nullable String silent(long nanos) {
        long now = System.nanoTime();
        for (Watched other : watched) {
            if (now - other.heard > nanos) {
                return names.get(other.rank)
                        + String.format(
                                Locale.ROOT,
                                " has sent no heartbeat for %.0f s: it has ended, is stopped or cannot be reached",
                                (now - other.heard) / 1e9);
            }
        }
        return null;
    }

    /**
     * Looks whether another process has failed, while this one waits in an exchange.
     *
     * @param number of the exchange
     * @param begun when this process came to it, by {@link System#nanoTime}
     * @throws RankFailedException if so
     */
    void check(long number, long begun) throws RankFailedException {
        String found = failure;
        if (found == null) {
            found = storeLost ? lost() : silent(limitNanos);
        }
        if (found == null) {
            found = stuck(number, begun);
        }
        if (found != null) {
            failure = failure == null ? found : failure;
            throw new RankFailedException(found);
        }
    }

    private String lost() {
        return names.get(0) + ", which keeps the store of the group, has ended or cannot be reached";
    }

    private @Nullable String stuck(long number, long begun) {
        long now = System.nanoTime();
        for (Watched other : watched) {
            long idle = now - Math.max(begun, other.worked);
            if (other.entered < number && idle > limitNanos) {
                return names.get(other.rank)
                        + String.format(
                                Locale.ROOT, " is stuck: it runs, but has made no progress for %.0f s", idle / 1e9);
            }
        }
        boolean allThere = watched.stream().allMatch(other -> other.entered >= number);
        return rank == 0 && allThere && now - begun > limitNanos + STALLED_NANOS
                ? String.format(
                        Locale.ROOT,
                        "ranks 0 to %d: all are there, but what they exchange has not arrived for %.0f s; the network between"
                                + " them is down or too slow (a longer --timeout waits for it)",
                        names.size() - 1,
                        (now - begun) / 1e9)
                : null;
    }

    /** Finds out who it was when a connection has broken: waits until a process is known to have failed. */
    RankFailedException diagnose(RuntimeException broken) throws InterruptedException {
        trouble = true;
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < limitNanos) {
            String found = failure;
            if (found == null) {
                found = storeLost ? lost() : silent(Math.min(QUICK_NANOS, limitNanos));
            }
            if (found != null) {
                failure = failure == null ? found : failure;
                return new RankFailedException(found);
            }
            Thread.sleep(INTERVAL_MILLIS / 5);
        }
        return new RankFailedException("another rank than " + rank
                + ": its connection is broken, though all send heartbeats (" + firstLine(broken) + ")");
    }

    static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** Tells the others why this process ends, unless another reason is known already; returns once they can read it. */
    void fail(String reason) {
        failure = failure == null ? names.get(rank) + " has failed: " + reason : failure;
        tell();
    }

    /** Gives the others a few seconds to read what has failed: the store ends with rank 0's process. */
    void tell() {
        try {
            told.await((rank == 0 ? 6 : 2) * INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The failure that is known; null if there is none. */
    @Nullable
    String failure() {
        return failure;
    }

    /** Ends the thread; what it does with the store is done then, unless the store does not answer. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(4 * INTERVAL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the thread has ended. */
    boolean hasEnded() {
        return !thread.isAlive();
    }
}
