package dev.kinglet.train.distributed;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Groups whose processes are threads of this one, to test what does not depend on how they are connected. */
public final class ThreadGroups {
    private final int size;
    private final CyclicBarrier barrier;
    private final double[][] given;
    private volatile byte[] first = new byte[0];

    private ThreadGroups(int size) {
        this.size = size;
        this.barrier = new CyclicBarrier(size);
        this.given = new double[size][];
    }

    /** What one of the processes does. */
    public interface Work<T> {
        T in(ProcessGroup group) throws Exception;
    }

    /** Does the work in so many processes; the results by rank. */
    public static <T> List<T> run(int size, Work<T> work) throws Exception {
        ThreadGroups groups = new ThreadGroups(size);
        ExecutorService threads = Executors.newFixedThreadPool(size);
        try {
            List<Callable<T>> calls = new ArrayList<>();
            for (int rank = 0; rank < size; rank++) {
                ProcessGroup group = groups.group(rank);
                calls.add(() -> work.in(group));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(calls, 60, TimeUnit.SECONDS)) {
                results.add(result.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private void await() throws IOException {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IOException(e);
        }
    }

    private ProcessGroup group(int rank) {
        return new ProcessGroup() {
            @Override
            public int rank() {
                return rank;
            }

            @Override
            public int size() {
                return size;
            }

            @Override
            public void sum(double[] values) throws IOException {
                given[rank] = values.clone();
                await();
                for (int i = 0; i < values.length; i++) {
                    values[i] = 0;
                    for (double[] part : given) {
                        values[i] += part[i];
                    }
                }
                await();
            }

            @Override
            public byte[] broadcast(byte[] bytes) throws IOException {
                if (rank == 0) {
                    first = bytes.clone();
                }
                await();
                byte[] all = first.clone();
                await();
                return all;
            }

            @Override
            public void progress() {}

            @Override
            public void fail(String reason) {}

            @Override
            public String description() {
                return size + " threads";
            }

            @Override
            public void close() {}
        };
    }
}
