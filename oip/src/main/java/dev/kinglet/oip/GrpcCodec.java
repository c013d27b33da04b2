package dev.kinglet.oip;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.kinglet.oip.grpc.InferParameter;
import dev.kinglet.oip.grpc.InferTensorContents;
import dev.kinglet.oip.grpc.ModelInferRequest;
import dev.kinglet.oip.grpc.ModelInferRequest.InferInputTensor;
import dev.kinglet.oip.grpc.ModelInferRequest.InferRequestedOutputTensor;
import dev.kinglet.oip.grpc.ModelInferResponse;
import dev.kinglet.oip.grpc.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Requests and answers as gRPC messages. */
public final class GrpcCodec {
    private static final String CLASSIFICATION = "classification";

    private GrpcCodec() {}

    /**
     * Reads a request.
     *
     * @throws OipException if it is none
     */
    public static InferRequest request(ModelInferRequest message) throws OipException {
        List<Tensor> inputs = new ArrayList<>();
        int raw = message.getRawInputContentsCount();
        if (raw > 0 && raw != message.getInputsCount()) {
            throw new OipException(
                    "raw_input_contents has " + raw + " tensors for " + message.getInputsCount() + " inputs");
        }
        for (int i = 0; i < message.getInputsCount(); i++) {
            InferInputTensor input = message.getInputs(i);
            if (raw > 0 && input.hasContents()) {
                throw new OipException("tensor '" + input.getName()
                        + "' has contents, and there are raw_input_contents; send one of them");
            }
            DataType type = DataType.of(input.getDatatype());
            ByteBuffer data = raw > 0
                    ? message.getRawInputContents(i).asReadOnlyByteBuffer()
                    : contents(input.getName(), type, input.getShapeList(), input.getContents());
            inputs.add(Tensor.of(input.getName(), type, input.getShapeList(), data));
        }
        List<InferRequest.Output> outputs = new ArrayList<>();
        for (InferRequestedOutputTensor output : message.getOutputsList()) {
            outputs.add(new InferRequest.Output(output.getName(), classes(output), InferRequest.Form.AS_THE_REQUEST));
        }
        return new InferRequest(
                message.getModelName(), message.getModelVersion(), message.getId(), inputs, outputs, true);
    }

    private static int classes(InferRequestedOutputTensor output) throws OipException {
        InferParameter parameter = output.getParametersMap().get(CLASSIFICATION);
        if (parameter == null) {
            return 0;
        }
        if (!parameter.hasInt64Param()) {
            throw new OipException(CLASSIFICATION + " is no int64_param");
        }
        return RestCodec.classes(parameter.getInt64Param());
    }

    /** Typed contents as bytes on the wire. */
    private static ByteBuffer contents(String name, DataType type, List<Long> shape, InferTensorContents contents)
            throws OipException {
        int elements = Tensor.elements(name, shape);
        int sent = count(name, type, contents);
        if (sent != elements) {
            throw new OipException("tensor '" + name + "' of shape " + shape + " and datatype " + type + " has "
                    + elements + " elements, but its contents have " + sent);
        }
        if (type == DataType.BYTES) {
            List<byte[]> values = contents.getBytesContentsList().stream()
                    .map(ByteString::toByteArray)
                    .toList();
            return Tensor.ofBytes(
                            name,
                            values,
                            shape.stream().mapToLong(Long::longValue).toArray())
                    .data();
        }
        ByteBuffer data =
                ByteBuffer.allocate(Math.multiplyExact(elements, type.size())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            switch (type) {
                case BOOL -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
                case INT8 -> data.put((byte) narrow(name, contents.getIntContents(i), Byte.MIN_VALUE, Byte.MAX_VALUE));
                case INT16 ->
                    data.putShort((short) narrow(name, contents.getIntContents(i), Short.MIN_VALUE, Short.MAX_VALUE));
                case INT32 -> data.putInt(contents.getIntContents(i));
                case INT64 -> data.putLong(contents.getInt64Contents(i));
                case UINT8 -> data.put((byte) narrow(name, contents.getUintContents(i), 0, 0xff));
                case UINT16 -> data.putShort((short) narrow(name, contents.getUintContents(i), 0, 0xffff));
                case UINT32 -> data.putInt(contents.getUintContents(i));
                case UINT64 -> data.putLong(contents.getUint64Contents(i));
                case FP32 -> data.putFloat(contents.getFp32Contents(i));
                case FP64 -> data.putDouble(contents.getFp64Contents(i));
                case FP16, BF16, BYTES -> throw new IllegalStateException(type + " has no contents of its own");
            }
        }
        return data.flip();
    }

    private static int narrow(String name, int value, int lowest, int highest) throws OipException {
        if (value < lowest || value > highest) {
            throw new OipException(
                    "tensor '" + name + "' has " + value + ", which is not in [" + lowest + ", " + highest + "]");
        }
        return value;
    }

    private static int count(String name, DataType type, InferTensorContents contents) throws OipException {
        return switch (type) {
            case BOOL -> contents.getBoolContentsCount();
            case INT8, INT16, INT32 -> contents.getIntContentsCount();
            case INT64 -> contents.getInt64ContentsCount();
            case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
            case UINT64 -> contents.getUint64ContentsCount();
            case FP32 -> contents.getFp32ContentsCount();
            case FP64 -> contents.getFp64ContentsCount();
            case BYTES -> contents.getBytesContentsCount();
            case FP16, BF16 ->
                throw new OipException(
                        "tensor '" + name + "' is of " + type + ", which the protocol has in raw_input_contents only");
        };
    }

    /** Writes an answer, its outputs raw. */
    public static ModelInferResponse message(InferResponse response) {
        ModelInferResponse.Builder message = ModelInferResponse.newBuilder()
                .setModelName(response.model())
                .setModelVersion(response.version())
                .setId(response.id());
        for (Tensor output : response.outputs()) {
            message.addOutputs(InferOutputTensor.newBuilder()
                    .setName(output.name())
                    .setDatatype(output.type().name())
                    .addAllShape(output.shape()));
            message.addRawOutputContents(UnsafeByteOperations.unsafeWrap(output.data()));
        }
        return message.build();
    }

    /** Writes a request, its inputs raw. */
    public static ModelInferRequest message(InferRequest request) {
        ModelInferRequest.Builder message = ModelInferRequest.newBuilder()
                .setModelName(request.model())
                .setModelVersion(request.version())
                .setId(request.id());
        for (Tensor input : request.inputs()) {
            message.addInputs(InferInputTensor.newBuilder()
                    .setName(input.name())
                    .setDatatype(input.type().name())
                    .addAllShape(input.shape()));
            message.addRawInputContents(UnsafeByteOperations.unsafeWrap(input.data()));
        }
        for (InferRequest.Output output : request.outputs()) {
            InferRequestedOutputTensor.Builder wanted =
                    InferRequestedOutputTensor.newBuilder().setName(output.name());
            if (output.classes() > 0) {
                wanted.putParameters(
                        CLASSIFICATION,
                        InferParameter.newBuilder()
                                .setInt64Param(output.classes())
                                .build());
            }
            message.addOutputs(wanted);
        }
        return message.build();
    }

    /**
     * Reads an answer, whose outputs are raw or typed.
     *
     * @throws OipException if it is none
     */
    public static InferResponse response(ModelInferResponse message) throws OipException {
        int raw = message.getRawOutputContentsCount();
        if (raw > 0 && raw != message.getOutputsCount()) {
            throw new OipException(
                    "raw_output_contents has " + raw + " tensors for " + message.getOutputsCount() + " outputs");
        }
        List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < message.getOutputsCount(); i++) {
            InferOutputTensor output = message.getOutputs(i);
            DataType type = DataType.of(output.getDatatype());
            ByteBuffer data = raw > 0
                    ? message.getRawOutputContents(i).asReadOnlyByteBuffer()
                    : contents(output.getName(), type, output.getShapeList(), output.getContents());
            outputs.add(Tensor.of(output.getName(), type, output.getShapeList(), data));
        }
        return new InferResponse(message.getModelName(), message.getModelVersion(), message.getId(), outputs);
    }
}
