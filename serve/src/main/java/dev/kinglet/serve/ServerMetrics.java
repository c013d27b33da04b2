package dev.kinglet.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What a server counts and measures, by Prometheus' names in {@code docs/serving.md}. */
final class ServerMetrics {
    private static final String MODEL = "model";
    private static final String SUCCESS = "kinglet.requests.success";

    private final MeterRegistry registry;
    private final Map<String, Answers> answers = new ConcurrentHashMap<>(); // by model

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

    /** What is counted and measured for each answer of a model; looked up once, because a look-up costs as much as the rest. */
    private record Answers(
            Counter requests, Counter images, Timer queue, Timer decode, Timer compute, DistributionSummary batches) {
        static Answers of(MeterRegistry registry, String model) {
            return new Answers(
                    registry.counter(SUCCESS, MODEL, model),
                    registry.counter("kinglet.images", MODEL, model),
                    registry.timer("kinglet.queue.duration", MODEL, model),
                    registry.timer("kinglet.decode.duration", MODEL, model),
                    registry.timer("kinglet.compute.duration", MODEL, model),
                    registry.summary("kinglet.batch.images", MODEL, model));
        }
    }

    private Answers of(String model) {
        return answers.computeIfAbsent(model, name -> Answers.of(registry, name));
    }

    /** A request has been answered. */
    void answered(Work work) {
        Answers of = of(work.version().model());
        of.requests.increment();
        of.images.increment(work.size());
        of.queue.record(work.queueNanos(), TimeUnit.NANOSECONDS);
        of.decode.record(work.decodeNanos(), TimeUnit.NANOSECONDS);
        of.compute.record(work.computeNanos(), TimeUnit.NANOSECONDS);
    }

    /** A request has not been answered: by a refusal of its own kind, or by a failure. */
    void refused(String model, Refusal.Kind kind) {
        String reason = kind.name().toLowerCase(java.util.Locale.ROOT);
        String name = kind == Refusal.Kind.FAILED ? "kinglet.requests.failure" : "kinglet.requests.rejected";
        registry.counter(name, MODEL, model, "reason", reason).increment();
    }

    /** Images have been run together. */
    void batch(String model, int images) {
        of(model).batches.record(images);
    }

    /** The repository has changed a model's version, or refused to. */
    void swapped(String model, boolean loaded) {
        registry.counter("kinglet.model.loads", MODEL, model, "result", loaded ? "success" : "failure")
                .increment();
        registry.counter(SUCCESS, MODEL, model); // from 0 on, so that a rate has a beginning
        registry.counter("kinglet.requests.failure", MODEL, model, "reason", "failed");
    }
}
