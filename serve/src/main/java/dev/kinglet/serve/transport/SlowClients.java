package dev.kinglet.serve.transport;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that send too slowly to become a request: one that has not sent the head of its first request in time,
 * and one that has begun to send another, or goes on with a body that nobody waits for any more, for as long. A request whose
 * body does not come in time is answered by the server's timeout; what comes after that is counted here. Connections with
 * several requests at once (HTTP/2) are left to the idle timeout after their first request.
 */
public final class SlowClients {
    private static final AttributeKey<Progress> PROGRESS = AttributeKey.valueOf(SlowClients.class, "PROGRESS");

    private final long patience; // nanoseconds

    /** @param patience for the rest of what a client has begun */
    public SlowClients(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** Watches all connections. To be added after other decorators, so that it sees every request. */
    public void addTo(ServerBuilder server) {
        server.childChannelPipelineCustomizer(pipeline -> pipeline.addFirst(new Progress(patience)));
        server.decorator((HttpService delegate) -> new Requests(delegate));
    }

    /** Tells a connection's progress of its requests. */
    private static final class Requests extends SimpleDecoratingHttpService {
        Requests(HttpService delegate) {
            super(delegate);
        }

        @Override
        public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) throws Exception {
            Channel channel =
                    ctx.log().ensureAvailable(RequestLogProperty.SESSION).channel();
            Progress progress = channel == null ? null : channel.attr(PROGRESS).get();
            if (progress != null) {
                progress.begins(ctx.sessionProtocol().isMultiplex());
                request.whenComplete()
                        .whenCompleteAsync(
                                (done, failure) -> progress.ends(failure != null),
                                ctx.eventLoop().withoutContext());
            }
            return unwrap().serve(ctx, request);
        }
    }

    /** One connection's, on its own thread. */
    private static final class Progress extends ChannelInboundHandlerAdapter {
        private final long patience;
        private boolean owes = true; // the rest of a request
        private long since = System.nanoTime();
        private int receiving; // requests
        private boolean multiplex; // and has had a request

        Progress(long patience) {
            this.patience = patience;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().attr(PROGRESS).set(this);
            check(ctx, patience);
        }

        private void check(ChannelHandlerContext ctx, long after) {
            ctx.executor().schedule(() -> look(ctx), after, TimeUnit.NANOSECONDS);
        }

        private void look(ChannelHandlerContext ctx) {
            long waited = owes ? System.nanoTime() - since : 0;
            if (waited >= patience) {
                ctx.close();
            } else if (ctx.channel().isOpen() && !multiplex) {
                check(ctx, patience - waited);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, @Nullable Object bytes) {
            if (!owes && receiving == 0) {
                owes = true;
                since = System.nanoTime();
            }
            ctx.fireChannelRead(bytes);
        }

        void begins(boolean more) {
            owes = false;
            receiving++;
            multiplex = more;
        }

        /** @param early before all of it has come, which perhaps still comes */
        void ends(boolean early) {
            receiving--;
            if (early) {
                owes = true;
                since = System.nanoTime();
            }
        }
    }
}
