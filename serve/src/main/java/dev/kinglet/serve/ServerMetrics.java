package dev.kinglet.serve;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What a server counts and measures, by Prometheus' names in {@code docs/serving.md}. */
final class ServerMetrics {
    private static final String MODEL = "model";

    private final MeterRegistry registry;

    ServerMetrics(MeterRegistry registry) {
        this.registry = registry;
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        Gauge.builder(
                        "kinglet.memory.heap",
                        memory,
                        bean -> bean.getHeapMemoryUsage().getUsed())
                .baseUnit("bytes")
                .description("Heap memory in use")
                .register(registry);
        Gauge.builder("kinglet.memory.resident", ResidentMemory::bytes)
                .baseUnit("bytes")
                .description("Memory of the process, native libraries' included")
                .register(registry);
    }

    /** Watches the number of queued images. */
    void watch(IntSupplier depth) {
        Gauge.builder("kinglet.queue.images", depth::getAsInt) // as a supplier it is kept
                .description("Queued images")
                .register(registry);
    }

    /** A request has been answered. */
    void answered(Work work) {
        String model = work.version().model();
        registry.counter("kinglet.requests.success", MODEL, model).increment();
        registry.counter("kinglet.images", MODEL, model).increment(work.size());
        timer("kinglet.queue.duration", model).record(work.queueNanos(), TimeUnit.NANOSECONDS);
        timer("kinglet.decode.duration", model).record(work.decodeNanos(), TimeUnit.NANOSECONDS);
        timer("kinglet.compute.duration", model).record(work.computeNanos(), TimeUnit.NANOSECONDS);
    }

    private Timer timer(String name, String model) {
        return Timer.builder(name)
                .tag(MODEL, model)
                .publishPercentileHistogram(false)
                .register(registry);
    }

    /** A request has not been answered: by a refusal of its own kind, or by a failure. */
    void refused(String model, Refusal.Kind kind) {
        String reason = kind.name().toLowerCase(java.util.Locale.ROOT);
        String name = kind == Refusal.Kind.FAILED ? "kinglet.requests.failure" : "kinglet.requests.rejected";
        registry.counter(name, MODEL, model, "reason", reason).increment();
    }

    /** Images have been run together. */
    void batch(String model, int images) {
        DistributionSummary.builder("kinglet.batch.images")
                .tag(MODEL, model)
                .register(registry)
                .record(images);
    }

    /** The repository has changed a model's version, or refused to. */
    void swapped(String model, boolean loaded) {
        registry.counter("kinglet.model.loads", MODEL, model, "result", loaded ? "success" : "failure")
                .increment();
        registry.counter("kinglet.requests.success", MODEL, model); // from 0 on, so that a rate has a beginning
        registry.counter("kinglet.requests.failure", MODEL, model, "reason", "failed");
    }
}
