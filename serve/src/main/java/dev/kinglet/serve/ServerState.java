package dev.kinglet.serve;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.serve.transport.RequestBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;

/** What the protocols share: models, inference, limits, and whether the server is ready. Safe for several threads. */
final class ServerState {
    static final String NAME = "kinglet";
    private static final int DRAIN_POLL_MILLIS = 10;
    private static final int LARGE = 64 << 10; // bytes of text
    private static final int BYTES_IN_THE_TIME_OF_TEXT = 16; // copied while one is parsed

    private final ModelRepository repository;
    private final Inference inference;
    private final InferenceQueue queue;
    private final Limits limits;
    private final ServerMetrics metrics;
    private final boolean modelControl;
    private final AtomicInteger accepted = new AtomicInteger(); // requests for inference without an answer yet
    private final AtomicLong receiving = new AtomicLong(); // bytes held by bodies without an answer yet
    private volatile boolean started;
    private volatile boolean draining;

    ServerState(
            ModelRepository repository,
            InferenceQueue queue,
            Limits limits,
            ServerMetrics metrics,
            boolean modelControl) {
        this.repository = repository;
        this.queue = queue;
        this.limits = limits;
        this.metrics = metrics;
        this.modelControl = modelControl;
        inference = new Inference(repository, queue, limits, metrics);
    }

    /** The protocol's extensions that there are. */
    List<String> extensions() {
        List<String> extensions = new ArrayList<>(List.of("binary_tensor_data", "classification", "encoded_images"));
        if (modelControl) {
            extensions.add("model_repository");
        }
        return extensions;
    }

    static String version() {
        return KingletVersion.current();
    }

    ModelRepository repository() {
        return repository;
    }

    Inference inference() {
        return inference;
    }

    Limits limits() {
        return limits;
    }

    /** Whether the process works: it answers, so it does. */
    boolean isLive() {
        return true;
    }

    /** Whether new requests of a version should come; any version, if it is empty. */
    boolean isReady(String model, String version) {
        repository.require(model);
        return started && !draining && repository.isReady(model, version);
    }

    /** Whether new requests should come: every model answers, and the server is neither starting nor about to end. */
    boolean isReady() {
        return started && !draining && repository.isReady();
    }

    /** Every model has been tried: requests for inference may come. */
    void start() {
        started = true;
    }

    /** Refuses new requests for inference, and waits for those that were accepted, at most so long. */
    void drain(Duration max) {
        draining = true;
        long end = System.nanoTime() + max.toNanos();
        try {
            while (accepted.get() > 0 && System.nanoTime() < end) {
                Thread.sleep(DRAIN_POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void requireModelControl() {
        if (!modelControl) {
            throw new Refusal(
                    Refusal.Kind.FORBIDDEN, "models are not loaded and unloaded on request (allow-model-control)");
        }
    }

    /** The one who sent a request. */
    Inference.Caller caller(ServiceRequestContext ctx) {
        long max = limits.timeout().toMillis();
        long millis = ctx.requestTimeoutMillis();
        long left = TimeUnit.MILLISECONDS.toNanos(millis > 0 ? Math.min(millis, max) : max);
        return new Inference.Caller(System.nanoTime() + left, ctx.whenRequestCancelling());
    }

    /** What is done with the body of a request. */
    interface Body {
        CompletableFuture<HttpResponse> answer(AggregatedHttpRequest body) throws Refusal;
    }

    /**
     * Refuses a request for inference before anything is done for it, or reads it and answers.
     *
     * @param text of a body of a length, the bytes that are text to be parsed
     */
    HttpResponse answer(ServiceRequestContext ctx, HttpRequest http, IntUnaryOperator text, Body body) {
        accept(ctx);
        AtomicLong held = new AtomicLong();
        CompletableFuture<HttpResponse> answer = RequestBody.read(http, ctx.eventLoop(), bytes -> hold(bytes, held))
                .thenCompose(bytes -> {
                    AggregatedHttpRequest whole = AggregatedHttpRequest.of(http.headers(), HttpData.wrap(bytes));
                    Executor executor = executor(ctx, text.applyAsInt(bytes.length), bytes.length);
                    return CompletableFuture.completedFuture(whole).thenComposeAsync(body::answer, executor);
                });
        return HttpResponse.of(answer.whenComplete((reply, failure) -> receiving.addAndGet(-held.get())));
    }

    /**
     * Where a body is parsed: not on a thread of the network if other connections would wait for it.
     *
     * @param text bytes of it that are text
     */
    static Executor executor(ServiceRequestContext ctx, int text, int bytes) {
        return text + (bytes - text) / BYTES_IN_THE_TIME_OF_TEXT > LARGE ? ctx.blockingTaskExecutor() : Runnable::run;
    }

    /**
     * Counts what bodies hold.
     *
     * @throws Refusal if those that arrive at once would be larger together than those that may wait
     */
    private void hold(int bytes, AtomicLong held) {
        held.addAndGet(bytes);
        if (receiving.addAndGet(bytes) > Math.max(limits.queueBytes(), limits.bodyBytes())) {
            throw queue.full();
        }
    }

    /**
     * Accepts a request for inference, which then is answered whatever happens.
     *
     * @throws Refusal if the queue is full, or the server still starting or about to end
     */
    void accept(ServiceRequestContext ctx) {
        accepted.incrementAndGet(); // before the look at draining, so that a drain waits for it
        ctx.log().whenComplete().thenRun(accepted::decrementAndGet);
        if (draining) {
            throw Refusal.unavailable("the server is shutting down");
        }
        if (!started) {
            throw Refusal.unavailable("the server is starting");
        }
        if (queue.isFull()) {
            throw queue.full();
        }
    }

    /** Counts a request that is refused or fails. */
    void count(String model, Refusal.Kind kind) {
        metrics.refused(repository.isKnown(model) ? model : "", kind);
    }
}
