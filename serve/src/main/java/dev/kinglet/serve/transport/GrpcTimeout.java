package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.util.TimeoutMode;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import java.time.Duration;

/** The server's timeout for gRPC: the library takes a client's deadline in its place, however late it is, or none. */
public final class GrpcTimeout extends SimpleDecoratingHttpService {
    private final long maxMillis;

    public GrpcTimeout(HttpService delegate, Duration max) {
        super(delegate);
        maxMillis = max.toMillis();
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) throws Exception {
        HttpResponse response = unwrap().serve(ctx, request); // which has read the client's
        long millis = ctx.requestTimeoutMillis();
        if (millis <= 0 || millis > maxMillis) {
            ctx.setRequestTimeoutMillis(TimeoutMode.SET_FROM_START, maxMillis);
        }
        return response;
    }
}
