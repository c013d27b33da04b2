package dev.kinglet.serve;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.OipException;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import dev.kinglet.oip.grpc.ModelInferRequest;
import dev.kinglet.oip.grpc.ModelInferResponse;
import dev.kinglet.oip.grpc.ModelMetadataRequest;
import dev.kinglet.oip.grpc.ModelMetadataResponse;
import dev.kinglet.oip.grpc.ModelReadyRequest;
import dev.kinglet.oip.grpc.ModelReadyResponse;
import dev.kinglet.oip.grpc.RepositoryIndexRequest;
import dev.kinglet.oip.grpc.RepositoryIndexResponse;
import dev.kinglet.oip.grpc.RepositoryModelLoadRequest;
import dev.kinglet.oip.grpc.RepositoryModelLoadResponse;
import dev.kinglet.oip.grpc.RepositoryModelUnloadRequest;
import dev.kinglet.oip.grpc.RepositoryModelUnloadResponse;
import dev.kinglet.oip.grpc.ServerLiveRequest;
import dev.kinglet.oip.grpc.ServerLiveResponse;
import dev.kinglet.oip.grpc.ServerMetadataRequest;
import dev.kinglet.oip.grpc.ServerMetadataResponse;
import dev.kinglet.oip.grpc.ServerReadyRequest;
import dev.kinglet.oip.grpc.ServerReadyResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** The Open Inference Protocol over gRPC. */
final class GrpcInference extends GRPCInferenceServiceImplBase {
    private final ServerState state;

    GrpcInference(ServerState state) {
        this.state = state;
    }

    @Override
    public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
        reply(
                observer,
                () -> ServerLiveResponse.newBuilder().setLive(state.isLive()).build());
    }

    @Override
    public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
        reply(
                observer,
                () -> ServerReadyResponse.newBuilder().setReady(state.isReady()).build());
    }

    @Override
    public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
        reply(observer, () -> {
            boolean ready = state.isReady(request.getName(), request.getVersion());
            return ModelReadyResponse.newBuilder().setReady(ready).build();
        });
    }

    @Override
    public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
        reply(
                observer,
                () -> ServerMetadataResponse.newBuilder()
                        .setName(ServerState.NAME)
                        .setVersion(ServerState.version())
                        .addAllExtensions(state.extensions())
                        .build());
    }

    @Override
    public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
        reply(observer, () -> ModelMetadata.message(state.repository(), request.getName(), request.getVersion()));
    }

    @Override
    public void modelInfer(ModelInferRequest message, StreamObserver<ModelInferResponse> observer) {
        ServiceRequestContext ctx = ServiceRequestContext.current();
        String model = message.getModelName();
        try {
            state.accept(ctx);
            int size = message.getSerializedSize();
            int raw = message.getRawInputContentsList().stream()
                    .mapToInt(ByteString::size)
                    .sum();
            ServerState.executor(ctx, size - raw, size).execute(() -> infer(message, observer, ctx));
        } catch (Refusal e) {
            refuse(observer, model, e);
        }
    }

    private void infer(
            ModelInferRequest message, StreamObserver<ModelInferResponse> observer, ServiceRequestContext ctx) {
        String model = message.getModelName();
        try {
            InferRequest request = GrpcCodec.request(message);
            CompletableFuture<ModelInferResponse> answer =
                    state.inference().infer(request, state.caller(ctx)).thenApply(GrpcCodec::message);
            answer.whenComplete((response, failure) -> {
                if (failure == null) {
                    observer.onNext(response);
                    observer.onCompleted();
                } else {
                    refuse(observer, model, failure);
                }
            });
        } catch (OipException e) {
            refuse(observer, model, Refusal.invalid(e.getMessage()));
        }
    }

    @Override
    public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
        reply(observer, () -> {
            state.requireModelControl();
            RepositoryIndexResponse.Builder index = RepositoryIndexResponse.newBuilder();
            for (ModelRepository.Status status : state.repository().status()) {
                if (status.ready() || !request.getReady()) {
                    index.addModels(RepositoryIndexResponse.ModelIndex.newBuilder()
                            .setName(status.model())
                            .setVersion(status.version())
                            .setState(status.state())
                            .setReason(status.reason()));
                }
            }
            return index.build();
        });
    }

    @Override
    public void repositoryModelLoad(
            RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
        later(observer, () -> {
            state.requireModelControl();
            state.repository().load(request.getModelName());
            return RepositoryModelLoadResponse.getDefaultInstance();
        });
    }

    @Override
    public void repositoryModelUnload(
            RepositoryModelUnloadRequest request, StreamObserver<RepositoryModelUnloadResponse> observer) {
        later(observer, () -> {
            state.requireModelControl();
            state.repository().unload(request.getModelName());
            return RepositoryModelUnloadResponse.getDefaultInstance();
        });
    }

    /** Replies from a thread that may wait. */
    private <T> void later(StreamObserver<T> observer, Callable<T> work) {
        ServiceRequestContext.current().blockingTaskExecutor().execute(() -> reply(observer, work));
    }

    private <T> void reply(StreamObserver<T> observer, Callable<T> work) {
        T reply;
        try {
            reply = work.call();
        } catch (IOException e) {
            refuse(observer, "", RestService.unreadable(e));
            return;
        } catch (Exception e) {
            refuse(observer, "", e);
            return;
        }
        observer.onNext(reply);
        observer.onCompleted();
    }

    private void refuse(StreamObserver<?> observer, String model, Throwable failure) {
        Refusal refusal = Inference.refusal(failure);
        state.count(model, refusal.kind());
        observer.onError(status(refusal));
    }

    private static StatusRuntimeException status(Refusal refusal) {
        Status status = switch (refusal.kind()) {
            case INVALID, UNSUPPORTED -> Status.INVALID_ARGUMENT;
            case UNAUTHORIZED -> Status.UNAUTHENTICATED;
            case FORBIDDEN -> Status.PERMISSION_DENIED;
            case NOT_FOUND -> Status.NOT_FOUND;
            case TOO_LARGE, BUSY -> Status.RESOURCE_EXHAUSTED;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case LATE -> Status.DEADLINE_EXCEEDED;
            case FAILED -> Status.INTERNAL;
        };
        return status.withDescription(refusal.getMessage()).asRuntimeException();
    }
}
