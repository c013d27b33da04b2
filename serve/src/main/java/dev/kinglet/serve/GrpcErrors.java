package dev.kinglet.serve;

import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.common.RequestContext;
import com.linecorp.armeria.common.grpc.GrpcExceptionHandlerFunction;
import com.linecorp.armeria.common.grpc.protocol.ArmeriaStatusException;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.server.RequestTimeoutException;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Codes of what the server library finds in a gRPC request. */
final class GrpcErrors implements GrpcExceptionHandlerFunction {
    private final ServerState state;

    GrpcErrors(ServerState state) {
        this.state = state;
    }

    @Override
    public @Nullable Status apply(RequestContext ctx, Status status, Throwable failure, Metadata metadata) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidProtocolBufferException) {
                return invalid("the message is none of its type: " + cause.getMessage());
            }
            if (cause instanceof RequestTimeoutException) {
                return counted(Status.DEADLINE_EXCEEDED.withDescription("no answer in time (timeout)"));
            }
            if (cause instanceof ClosedStreamException) { // the client has cancelled
                return counted(Status.CANCELLED);
            }
            if (cause instanceof ArmeriaStatusException known) {
                return counted(Status.fromCodeValue(known.getCode()).withDescription(known.getMessage()));
            }
            if (cause instanceof IOException) { // such as a compressed message that is none
                return invalid("the request cannot be read: " + cause.getMessage());
            }
        }
        if (status.getCode() == Status.Code.UNKNOWN) {
            Refusal refusal = Inference.refusal(failure);
            state.count("", refusal.kind());
            return Status.INTERNAL.withDescription(refusal.getMessage());
        }
        return counted(status);
    }

    private Status invalid(String message) {
        return counted(Status.INVALID_ARGUMENT.withDescription(message));
    }

    private Status counted(Status status) {
        Refusal.Kind kind = switch (status.getCode()) {
            case RESOURCE_EXHAUSTED -> Refusal.Kind.TOO_LARGE;
            case DEADLINE_EXCEEDED, CANCELLED -> Refusal.Kind.LATE;
            case UNIMPLEMENTED, NOT_FOUND -> Refusal.Kind.NOT_FOUND;
            case INTERNAL, DATA_LOSS -> Refusal.Kind.FAILED;
            default -> Refusal.Kind.INVALID;
        };
        state.count("", kind);
        return status;
    }
}
