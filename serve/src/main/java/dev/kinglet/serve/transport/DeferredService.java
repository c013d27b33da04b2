package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A service that is set up by another thread when the server has listened for a while, so that the others need not wait for
 * it: the set-up of the gRPC service takes as long as that of all the others. A request for it that comes before waits.
 */
public final class DeferredService implements HttpService {
    private final CompletableFuture<HttpService> service = new CompletableFuture<>();
    private final AtomicBoolean begun = new AtomicBoolean();
    private final Supplier<? extends HttpService> setUp;
    private @Nullable ServiceConfig config;
    private volatile @Nullable HttpService made;

    public DeferredService(Supplier<? extends HttpService> setUp) {
        this.setUp = setUp;
    }

    @Override
    public void serviceAdded(ServiceConfig added) {
        config = added; // any of its routes will do: the service asks it for the server
    }

    /** Has it set up after a while, or when the first request for it comes; to be called once, when the server listens. */
    public void begin(Duration after) {
        CompletableFuture.delayedExecutor(after.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::begin);
    }

    private void begin() {
        ServiceConfig added = config;
        if (added == null) {
            throw new IllegalStateException("the service belongs to no server yet");
        }
        if (begun.getAndSet(true)) {
            return;
        }
        try {
            HttpService ready = setUp.get();
            made = ready;
            ready.serviceAdded(added);
            service.complete(ready);
        } catch (Exception | LinkageError e) {
            service.completeExceptionally(e);
        }
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
        if (service.isDone()) {
            return service.join().serve(context, request);
        }
        CompletableFuture.runAsync(this::begin);
        return HttpResponse.of(service.thenApplyAsync(ready -> serve(ready, context, request), context.eventLoop()));
    }

    private static HttpResponse serve(HttpService ready, ServiceRequestContext context, HttpRequest request) {
        try {
            return ready.serve(context, request);
        } catch (Exception e) {
            return HttpResponse.ofFailure(e);
        }
    }

    /** Also the service itself, once it is made: when it is added, reflection looks for the services by it. */
    @Override
    public <T> @Nullable T as(Class<T> type) {
        T own = HttpService.super.as(type);
        HttpService inner = made;
        return own == null && inner != null ? inner.as(type) : own;
    }
}
