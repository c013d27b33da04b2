package dev.kinglet.torch;

import dev.kinglet.base.Plural;
import dev.kinglet.train.distributed.ProcessGroup;
import dev.kinglet.train.distributed.RankFailedException;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A group of processes on libtorch's own collectives: {@code TCPStore} of rank 0, where they meet, and {@code ProcessGroupGloo},
 * which carries tensors between the processors of their machines. One per process at a time.
 */
public final class GlooProcessGroup implements ProcessGroup {
    private static final int GLOO_LIMITS = 10; // time limits of ours in one of Gloo's: ours says who it was
    private static final long SLICE_MILLIS = 250; // of a wait, after which the others are looked at
    private static final long RETRY_MILLIS = 500;
    private static final long CONNECT_MILLIS = 5000;
    private static final long BIND_MILLIS = 15_000; // for which an earlier process may still hold the port
    private static final long CLOSE_MILLIS = 3000; // for which an exchange that was given up is waited for
    private static final String JOINED = "joined/";
    private static final String LEFT = "left/";
    private static final String STARTED = "started";
    private static final String SEPARATOR = "\n";

    private final Rendezvous rendezvous;
    private final Route route;
    private final TCPStore store;
    private final TCPStore beatStore;
    private final HeartBeats beats;
    private final ProcessGroupGloo gloo;

    private GlooProcessGroup(
            Rendezvous rendezvous,
            Route route,
            TCPStore store,
            TCPStore beatStore,
            HeartBeats beats,
            ProcessGroupGloo gloo) {
        this.rendezvous = rendezvous;
        this.route = route;
        this.store = store;
        this.beatStore = beatStore;
        this.beats = beats;
        this.gloo = gloo;
    }

    /**
     * Waits for all processes of the group, and connects to them.
     *
     * @param stop asked while it waits; true ends that
     * @throws IllegalArgumentException if there is no such network interface
     * @throws IOException if they do not come within the time limit, or cannot be reached
     * @throws CancellationException if {@code stop} says so
     */
    public static GlooProcessGroup join(Rendezvous rendezvous, BooleanSupplier stop) throws IOException {
        try {
            return joined(rendezvous, new Patience(rendezvous, stop));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
    }

    /** The wait for others in the beginning. */
    private static final class Patience {
        private final long deadline;
        private final BooleanSupplier stop;

        Patience(Rendezvous rendezvous, BooleanSupplier stop) {
            this.deadline = System.nanoTime() + rendezvous.joinTimeout().toNanos();
            this.stop = stop;
        }

        boolean isOver() {
            return System.nanoTime() >= deadline;
        }

        void sleep(long millis) throws InterruptedException {
            if (stop.getAsBoolean()) {
                throw new CancellationException("stopped while waiting for the other ranks; nothing was written");
            }
            Thread.sleep(millis);
        }
    }

    private static IOException interrupted() {
        return new InterruptedIOException("interrupted while waiting for the other ranks");
    }

    private static GlooProcessGroup joined(Rendezvous rendezvous, Patience patience)
            throws IOException, InterruptedException {
        Route route = route(rendezvous, patience);
        TCPStore store = meet(rendezvous, route, patience);
        List<String> names = names(store.get_to_str(STARTED));
        TCPStore beatStore = client(rendezvous, rendezvous.timeout().toMillis());
        HeartBeats beats = new HeartBeats(beatStore, rendezvous, names);
        ProcessGroupGloo gloo = connected(rendezvous, route, store, beats);
        return new GlooProcessGroup(rendezvous, route, store, beatStore, beats, gloo);
    }

    /** The way to the master, once there is one. */
    private static Route route(Rendezvous rendezvous, Patience patience) throws IOException, InterruptedException {
        while (true) {
            try {
                return Route.of(rendezvous);
            } catch (IOException e) {
                if (patience.isOver()) {
                    throw e;
                }
            }
            patience.sleep(RETRY_MILLIS);
        }
    }

    /** The store, when every process has come. */
    private static TCPStore meet(Rendezvous rendezvous, Route route, Patience patience)
            throws IOException, InterruptedException {
        if (rendezvous.rank() == 0) {
            TCPStore store = server(rendezvous);
            announce(store, rendezvous, route);
            List<Integer> missing = missing(store, rendezvous);
            while (!missing.isEmpty()) {
                if (patience.isOver()) {
                    store.close();
                    throw new RankFailedException(late(rendezvous, missing));
                }
                patience.sleep(RETRY_MILLIS / 5);
                missing = missing(store, rendezvous);
            }
            requireReachable(store, rendezvous);
            store.set(
                    STARTED,
                    IntStream.range(0, rendezvous.worldSize())
                            .mapToObj(rank -> store.get_to_str(JOINED + rank))
                            .collect(Collectors.joining(SEPARATOR)));
            return store;
        }
        String reason = "it does not answer";
        while (!patience.isOver()) {
            try {
                TCPStore store = client(rendezvous, CONNECT_MILLIS);
                if (!isSet(store, STARTED)) { // else it is that of a group that ends just now
                    announce(store, rendezvous, route);
                    while (!patience.isOver() && !isSet(store, STARTED)) {
                        patience.sleep(RETRY_MILLIS / 5);
                    }
                    if (isSet(store, STARTED)) {
                        return store;
                    }
                    reason = "it waits for others";
                }
                store.close();
            } catch (CancellationException e) {
                throw e;
            } catch (RuntimeException e) {
                reason = HeartBeats.firstLine(e); // rank 0 has not come yet, or has gone
            }
            patience.sleep(RETRY_MILLIS);
        }
        throw new RankFailedException("rank 0 at " + rendezvous.masterAddress() + ":" + rendezvous.masterPort()
                + " has not begun within " + rendezvous.joinTimeout().toSeconds() + " s: " + reason);
    }

    private static String late(Rendezvous rendezvous, List<Integer> missing) {
        return (missing.size() == 1 ? "rank " : "ranks ")
                + missing.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + (missing.size() == 1 ? " has" : " have") + " not come to " + rendezvous.masterAddress() + ":"
                + rendezvous.masterPort() + " within "
                + rendezvous.joinTimeout().toSeconds() + " s; start a process for each rank";
    }

    private static List<Integer> missing(TCPStore store, Rendezvous rendezvous) {
        return IntStream.range(0, rendezvous.worldSize())
                .filter(rank -> !isSet(store, JOINED + rank))
                .boxed()
                .toList();
    }

    private static void announce(TCPStore store, Rendezvous rendezvous, Route route) {
        HeartBeats.prepare(store, rendezvous.rank());
        store.set(JOINED + rendezvous.rank(), route.address().getHostAddress());
    }

    /** A machine whose own name leads to 127.0.1.1 would tell others that it is there. */
    private static void requireReachable(TCPStore store, Rendezvous rendezvous) throws IOException {
        List<Integer> onLoopback = new ArrayList<>();
        for (int rank = 0; rank < rendezvous.worldSize(); rank++) {
            if (InetAddress.getByName(store.get_to_str(JOINED + rank)).isLoopbackAddress()) {
                onLoopback.add(rank);
            }
        }
        if (!onLoopback.isEmpty() && onLoopback.size() < rendezvous.worldSize()) {
            store.close();
            throw new IOException("rank " + onLoopback.get(0)
                    + " would be reached at a loopback address, and others are on other machines; give --interface, or "
                    + Rendezvous.MASTER_ADDR + " as the address that the others reach it by");
        }
    }

    private static boolean isSet(TCPStore store, String key) {
        try (StringVector keys = new StringVector(key)) {
            return store.check(keys);
        }
    }

    private static TCPStore server(Rendezvous rendezvous) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (true) {
            try {
                return store(rendezvous, true, CONNECT_MILLIS);
            } catch (RuntimeException e) {
                if (System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(BIND_MILLIS)) {
                    throw new IOException(
                            "rank 0 cannot listen on port " + rendezvous.masterPort() + " ("
                                    + HeartBeats.firstLine(e) + "); another program has it, or "
                                    + Rendezvous.MASTER_ADDR
                                    + ", " + rendezvous.masterAddress() + ", is not this machine",
                            e);
                }
            }
            Thread.sleep(RETRY_MILLIS);
        }
    }

    private static TCPStore client(Rendezvous rendezvous, long millis) {
        return store(rendezvous, false, millis);
    }

    private static TCPStore store(Rendezvous rendezvous, boolean server, long millis) {
        try (PointerScope scope = new PointerScope()) {
            TCPStoreOptions options = new TCPStoreOptions();
            options.port((short) rendezvous.masterPort()); // unsigned
            options.isServer(server);
            options.numWorkers(new SizeTPointer(1).put(rendezvous.worldSize()));
            options.waitWorkers(false);
            options.timeout(new Milliseconds(millis));
            return Blobs.keep(new TCPStore(rendezvous.masterAddress(), options));
        }
    }

    /** {@code rank 1 (10.0.0.2)}, by rank. */
    private static List<String> names(String addresses) {
        List<String> all = addresses.lines().toList();
        return IntStream.range(0, all.size())
                .mapToObj(rank -> "rank " + rank + " (" + all.get(rank) + ")")
                .toList();
    }

    /** Connects to all others, on a thread of its own: one of them may have gone. */
    private static ProcessGroupGloo connected(Rendezvous rendezvous, Route route, TCPStore store, HeartBeats beats)
            throws IOException, InterruptedException {
        FutureTask<ProcessGroupGloo> connecting = new FutureTask<>(() -> {
            try (PointerScope scope = new PointerScope()) { // a device that stays has a thread
                ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(
                        new Milliseconds(GLOO_LIMITS * rendezvous.timeout().toMillis()));
                options.devices(new GlooDeviceVector(
                        ProcessGroupGloo.createDeviceForHostname(route.address().getHostAddress())));
                options.threads(1);
                return Blobs.keep(new ProcessGroupGloo(
                        new PrefixStore("gloo", store), rendezvous.rank(), rendezvous.worldSize(), options));
            }
        });
        Thread thread = new Thread(connecting, "kinglet-gloo-connect");
        thread.setDaemon(true);
        thread.start();
        long number = beats.enter();
        long begun = System.nanoTime();
        while (true) {
            try {
                return connecting.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                try {
                    beats.check(number, begun);
                } catch (RankFailedException failed) {
                    beats.tell();
                    throw failed;
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException broken
                        ? beats.diagnose(broken)
                        : new IOException("the ranks could not connect: " + e.getCause(), e);
            }
        }
    }

    @Override
    public int rank() {
        return rendezvous.rank();
    }

    @Override
    public int size() {
        return rendezvous.worldSize();
    }

    @Override
    public String description() {
        return Plural.of(size(), "process") + ", gloo over " + route;
    }

    /** Replaces a vector by the sum of those of all processes. */
    void sum(Tensor vector) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            await(gloo.allreduce(new TensorVector(vector)));
        }
    }

    /** Replaces a vector by rank 0's. */
    void broadcast(Tensor vector) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            await(gloo.broadcast(new TensorVector(vector)));
        }
    }

    @Override
    public void sum(double[] values) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Tensor vector = owner(torch.from_blob(
                    new DoublePointer(values), new long[] {values.length}, new TensorOptions(ScalarType.Double)));
            sum(vector);
            new DoublePointer(vector.data_ptr()).get(values);
        }
    }

    @Override
    public byte[] broadcast(byte[] bytes) throws IOException {
        double[] length = {isFirst() ? bytes.length : 0};
        sum(length);
        byte[] all = isFirst() ? bytes : new byte[(int) length[0]];
        if (all.length == 0) {
            return all;
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor vector = owner(
                    torch.from_blob(new BytePointer(all), new long[] {all.length}, new TensorOptions(ScalarType.Byte)));
            broadcast(vector);
            byte[] received = new byte[all.length];
            new BytePointer(vector.data_ptr()).get(received);
            return received;
        }
    }

    /** A copy that owns its memory, and lives as long as an exchange that was given up, which may still write to it. */
    private static Tensor owner(Tensor blob) {
        return blob.clone();
    }

    private void await(Work work) throws IOException {
        long number = beats.enter();
        long begun = System.nanoTime();
        try (Milliseconds slice = new Milliseconds(SLICE_MILLIS)) {
            while (true) {
                try {
                    work._wait(slice);
                    return;
                } catch (RuntimeException e) { // the slice is over, or the work has failed
                    if (work.isCompleted() && !work.isSuccess()) {
                        throw beats.diagnose(e);
                    }
                }
                beats.check(number, begun);
            }
        } catch (RankFailedException e) {
            beats.tell();
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
    }

    @Override
    public void progress() {
        beats.progress();
    }

    @Override
    public void fail(String reason) {
        if (beats.failure() == null) {
            beats.fail(reason);
        }
    }

    @Override
    public void close() {
        if (beats.failure() == null) {
            try {
                sum(new double[1]); // all have come to the end
                leave();
            } catch (IOException e) {
                beats.fail(String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        beats.close();
        closeNatives();
    }

    /**
     * A process that is killed or stopped leaves others in an exchange that does not end. libtorch cannot cancel it, and its
     * destructor waits for it; so that is done on a thread of its own, which is left to itself after a while and ends with the
     * process or, some minutes later, by Gloo's own time limit. Otherwise Gloo's threads have ended when this returns: one that
     * still runs while the process exits, and libtorch's global objects are destroyed, may crash it.
     */
    private void closeNatives() {
        Thread closing = new Thread(
                () -> {
                    gloo.close();
                    store.close();
                    if (beats.hasEnded()) { // else its thread still calls the store, and keeps it
                        beatStore.close();
                    }
                },
                "kinglet-gloo-close");
        closing.setDaemon(true);
        closing.start();
        try {
            closing.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Rank 0, whose store ends with it, goes last. */
    private void leave() throws InterruptedException {
        try {
            store.set(LEFT + rank(), "");
            long begin = System.nanoTime();
            while (isFirst()
                    && !IntStream.range(0, size()).allMatch(rank -> isSet(store, LEFT + rank))
                    && System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(CONNECT_MILLIS)) {
                Thread.sleep(RETRY_MILLIS / 25);
            }
        } catch (RuntimeException e) {
            // the store has gone; nothing is left to be said
        }
    }
}
