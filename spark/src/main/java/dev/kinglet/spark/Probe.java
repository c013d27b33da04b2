package dev.kinglet.spark;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.Plural;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * One executor's trial of a model, before a job begins: a model that cannot be run is found at once, and the memory of a
 * session is measured.
 *
 * @param sessions of an executor
 * @param nativeBytes that the executor holds beside its heap, with one session; 0 where the system does not say
 * @param sessionBytes that one session more takes
 * @param seconds to open the model and run one batch
 */
record Probe(int sessions, long nativeBytes, long sessionBytes, double seconds) implements Serializable {
    private static final long STEP = 64 << 20; // that sizes are rounded up to
    private static final long DEFAULT_OVERHEAD_MIB = 384;

    /** Tries a model on one executor, while the caller goes on. */
    static CompletableFuture<Probe> start(SparkSession spark, ModelSource model, @Nullable Counters counters) {
        return CompletableFuture.supplyAsync(
                () -> run(spark, model, counters),
                task -> new Thread(task, "kinglet-probe")
                        .start()); // with the caller's class loader, unlike a shared pool
    }

    private static Probe run(SparkSession spark, ModelSource model, @Nullable Counters counters) {
        // an RDD: to plan and compile a query of one row would delay the first task
        return JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(0), 1)
                .map(zero -> probe(model, counters))
                .first();
    }

    private static Probe probe(ModelSource source, @Nullable Counters counters) throws IOException {
        long before = residentBesideHeap();
        long start = System.nanoTime();
        OpenModel model = OpenModel.acquire(source, counters);
        try {
            ByteBuffer black = model.buffer();
            model.logits(black, OpenModel.BATCH);
            model.giveBack(black);
        } finally {
            model.release();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long after = residentBesideHeap();
        return new Probe(OpenModel.sessions(), after, Math.max(0, after - before), seconds);
    }

    /** Resident memory beside the heap's objects; 0 where the system does not say. */
    static long residentBesideHeap() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        System.gc(); // so that what is left of the heap is what it needs
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmRSS:")) {
                return Math.max(0, 1024 * Long.parseLong(line.replaceAll("\\D", "")) - heap);
            }
        }
        return 0;
    }

    /** MiB that an executor needs beside its heap, rounded up. */
    long overheadMib() {
        long bytes = nativeBytes + (sessions - 1) * sessionBytes;
        return (bytes + STEP - 1) / STEP * STEP / ByteSize.MIB;
    }

    /** A line for whoever configures the cluster. */
    String describe(SparkSession spark) {
        if (nativeBytes == 0) {
            return "memory: this system does not say how much executors hold beside their heap";
        }
        String given = spark.conf().get("spark.executor.memoryOverhead", "");
        return String.format(
                Locale.ROOT,
                "memory: an executor of %s holds about %d MiB beside its heap, %d MiB for each session:"
                        + " --conf spark.executor.memoryOverhead=%dm or more (%s)",
                Plural.of(sessions, "session"),
                overheadMib(),
                sessionBytes / ByteSize.MIB,
                overheadMib(),
                given.isEmpty()
                        ? "not set: a tenth of spark.executor.memory, at least " + DEFAULT_OVERHEAD_MIB + " MiB"
                        : "now " + given);
    }
}
