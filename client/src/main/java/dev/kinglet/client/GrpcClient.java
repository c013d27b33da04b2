package dev.kinglet.client;

import dev.kinglet.oip.DataType;
import dev.kinglet.oip.GrpcCodec;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.OipException;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc;
import dev.kinglet.oip.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.kinglet.oip.grpc.ModelMetadataRequest;
import dev.kinglet.oip.grpc.ModelMetadataResponse;
import dev.kinglet.oip.grpc.ModelMetadataResponse.TensorMetadata;
import dev.kinglet.oip.grpc.ModelReadyRequest;
import dev.kinglet.oip.grpc.ServerLiveRequest;
import dev.kinglet.oip.grpc.ServerReadyRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A client over gRPC. Each call carries its deadline, so that the server knows when to give up. */
public final class GrpcClient implements InferenceClient {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final int MAX_MESSAGE = 256 << 20; // bytes of an answer; gRPC's own default is 4 MiB

    private final ManagedChannel channel;
    private final GRPCInferenceServiceBlockingStub stub;
    private final Duration timeout;

    private GrpcClient(ManagedChannel channel, GRPCInferenceServiceBlockingStub stub, Duration timeout) {
        this.channel = channel;
        this.stub = stub;
        this.timeout = timeout;
    }

    /** A client without TLS and token, which waits 30 seconds for an answer. */
    public static GrpcClient of(String host, int port) {
        return of(ManagedChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE)
                .build());
    }

    /** With a channel of one's own, such as one with TLS; closed with the client. */
    public static GrpcClient of(ManagedChannel channel) {
        return new GrpcClient(channel, GRPCInferenceServiceGrpc.newBlockingStub(channel), Duration.ofSeconds(30));
    }

    /** This client with another time; both close the same channel. */
    public GrpcClient withTimeout(Duration time) {
        return new GrpcClient(channel, stub, time);
    }

    /** This client with a token; both close the same channel. */
    public GrpcClient withToken(String bearer) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + bearer);
        return new GrpcClient(
                channel, stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)), timeout);
    }

    private interface Call<T> {
        T on(GRPCInferenceServiceBlockingStub stub) throws OipException;
    }

    private <T> T call(Call<T> call) throws IOException {
        try {
            return call.on(stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            Status status = e.getStatus();
            throw new ServerException(
                    status.getCode().value(),
                    status.getCode() + (status.getDescription() == null ? "" : ": " + status.getDescription()));
        }
    }

    @Override
    public boolean isLive() throws IOException {
        return call(on -> on.serverLive(ServerLiveRequest.getDefaultInstance()).getLive());
    }

    @Override
    public boolean isReady() throws IOException {
        return call(
                on -> on.serverReady(ServerReadyRequest.getDefaultInstance()).getReady());
    }

    @Override
    public boolean isReady(String model) throws IOException {
        try {
            return call(on -> on.modelReady(
                            ModelReadyRequest.newBuilder().setName(model).build())
                    .getReady());
        } catch (ServerException e) {
            if (e.status() == Status.Code.NOT_FOUND.value()) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public ModelInfo metadata(String model) throws IOException {
        ModelMetadataResponse answer = call(on -> on.modelMetadata(
                ModelMetadataRequest.newBuilder().setName(model).build()));
        return new ModelInfo(
                answer.getName(),
                answer.getVersionsList(),
                answer.getPlatform(),
                tensors(answer.getInputsList()),
                tensors(answer.getOutputsList()));
    }

    private static List<TensorInfo> tensors(List<TensorMetadata> tensors) throws OipException {
        List<TensorInfo> all = new ArrayList<>();
        for (TensorMetadata tensor : tensors) {
            all.add(new TensorInfo(tensor.getName(), DataType.of(tensor.getDatatype()), tensor.getShapeList()));
        }
        return all;
    }

    @Override
    public InferResponse infer(InferRequest request) throws IOException {
        return call(on -> GrpcCodec.response(on.modelInfer(GrpcCodec.message(request))));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
