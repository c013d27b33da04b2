package dev.kinglet.serve;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.ClosedSessionException;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.common.util.CompositeException;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.handler.codec.compression.DecompressionException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Every error as {@code {"error": ...}}, those that the server library finds among them. */
final class Errors implements ServerErrorHandler {
    private final Limits limits;
    private final ServerState state;

    Errors(Limits limits, ServerState state) {
        this.limits = limits;
        this.state = state;
    }

    @Override
    public @Nullable HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
        Refusal refusal = refusal(cause);
        if (refusal == null && cause instanceof HttpStatusException) { // such as a path that there is not
            return null; // the library's own status, by renderStatus
        }
        if (refusal == null) {
            refusal = Inference.refusal(cause);
        }
        state.count(RestService.model(ctx), refusal.kind());
        return Replies.error(refusal);
    }

    /** What a failure says about its request; nothing if it is the server's own. */
    private @Nullable Refusal refusal(@Nullable Throwable failure) {
        if (failure == null || failure instanceof Refusal) {
            return (Refusal) failure;
        }
        if (failure instanceof CompositeException several) {
            return several.getExceptions().stream()
                    .map(this::refusal)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        }
        if (failure instanceof ContentTooLargeException) {
            return tooLarge();
        }
        if (failure instanceof DecompressionException) {
            return Refusal.invalid("the body is not as its content-encoding says: " + failure.getMessage());
        }
        if (failure instanceof ClosedSessionException || failure instanceof ClosedStreamException) {
            return Refusal.invalid("the connection ended before the request did");
        }
        if (failure instanceof RequestTimeoutException) {
            return new Refusal(
                    Refusal.Kind.LATE, "no answer within " + limits.timeout().toMillis() + " ms (timeout)");
        }
        return refusal(failure.getCause());
    }

    /** What is no HTTP is the client's mistake, an unknown method in small letters among it. */
    @Override
    public @Nullable AggregatedHttpResponse onProtocolViolation(
            ServiceConfig config,
            @Nullable RequestHeaders headers,
            HttpStatus status,
            @Nullable String description,
            @Nullable Throwable cause) {
        boolean mine = status.equals(HttpStatus.INTERNAL_SERVER_ERROR);
        return renderStatus(null, config, headers, mine ? HttpStatus.BAD_REQUEST : status, description, cause);
    }

    Refusal tooLarge() {
        return new Refusal(
                Refusal.Kind.TOO_LARGE,
                "the body is larger than the " + limits.bodyBytes() + " bytes that are taken (max-body)");
    }

    @Override
    public AggregatedHttpResponse renderStatus(
            @Nullable ServiceRequestContext ctx,
            ServiceConfig config,
            @Nullable RequestHeaders headers,
            HttpStatus status,
            @Nullable String description,
            @Nullable Throwable cause) {
        String message = status.equals(HttpStatus.REQUEST_ENTITY_TOO_LARGE)
                ? tooLarge().getMessage()
                : status.reasonPhrase() + (headers == null ? "" : ": " + headers.method() + " " + path(headers));
        return AggregatedHttpResponse.of(status, MediaType.JSON, Replies.error(message));
    }

    private static String path(RequestHeaders headers) {
        String path = headers.path();
        return path.length() <= 200 ? path : path.substring(0, 200) + "...";
    }
}
