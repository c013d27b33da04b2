package dev.kinglet.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Requests and answers as JSON, and with the binary tensor data extension: after the JSON the bytes of each tensor that has
 * {@code binary_data_size} among its parameters.
 */
public final class RestCodec {
    /** Of the HTTP header with the JSON's length, where binary tensors follow it. */
    public static final String HEADER_LENGTH = "Inference-Header-Content-Length";

    private static final int MAX_TENSORS = 64; // of a message
    private static final int MAX_AXES = 16; // of a tensor
    private static final String BINARY_SIZE = "binary_data_size";
    private static final String BINARY = "binary_data";
    private static final String BINARY_OUTPUT = "binary_data_output";
    private static final String CLASSIFICATION = "classification";

    private final JsonLimits limits;
    private final JsonFactory factory;

    public RestCodec(JsonLimits limits) {
        this.limits = limits;
        factory = Json.factory(limits);
    }

    /** A tensor as far as it has been read. */
    private static final class Part {
        private String name = "";
        private @Nullable DataType type;
        private @Nullable List<Long> shape;
        private @Nullable JsonData data;
        private long binarySize = -1;

        /** The tensor, its bytes taken from the binary part where it has none of its own. */
        Tensor tensor(ByteBuffer binary) throws OipException {
            if (name.isEmpty()) {
                throw new OipException("a tensor has no name");
            }
            if (type == null || shape == null) {
                throw new OipException("tensor '" + name + "' has no " + (type == null ? "datatype" : "shape"));
            }
            if (data != null) {
                if (binarySize >= 0) {
                    throw new OipException("tensor '" + name + "' has both data and " + BINARY_SIZE);
                }
                return data.tensor(name, type, shape);
            }
            if (binarySize < 0) {
                throw new OipException(
                        "tensor '" + name + "' has neither data nor " + BINARY_SIZE + " in its parameters");
            }
            if (binarySize > binary.remaining()) {
                throw new OipException("tensor '" + name + "': " + BINARY_SIZE + " is " + binarySize + ", but "
                        + binary.remaining() + " bytes are left");
            }
            ByteBuffer own = binary.slice(binary.position(), (int) binarySize);
            binary.position(binary.position() + (int) binarySize);
            return Tensor.of(name, type, shape, own);
        }
    }

    /** What a message has besides its tensors. */
    private static final class Envelope {
        private String model = "";
        private String version = "";
        private String id = "";
        private boolean binaryOutputs;
        private final List<Part> parts = new ArrayList<>();
        private final List<InferRequest.Output> outputs = new ArrayList<>();
        private int elements;
    }

    /**
     * Reads a request.
     *
     * @param model that the path names
     * @param version that the path names; may be empty
     * @throws OipException if it is none
     */
    public InferRequest request(String model, String version, RestMessage message) throws OipException {
        Envelope envelope = new Envelope();
        List<Tensor> inputs = read(message, envelope, true);
        return new InferRequest(model, version, envelope.id, inputs, envelope.outputs, envelope.binaryOutputs);
    }

    /**
     * Reads an answer.
     *
     * @throws OipException if it is none
     */
    public InferResponse response(RestMessage message) throws OipException {
        Envelope envelope = new Envelope();
        List<Tensor> outputs = read(message, envelope, false);
        return new InferResponse(envelope.model, envelope.version, envelope.id, outputs);
    }

    private List<Tensor> read(RestMessage message, Envelope envelope, boolean request) throws OipException {
        int length = message.headerLength().orElse(message.bytes().length);
        if (length < 0 || length > message.bytes().length) {
            throw new OipException(
                    HEADER_LENGTH + " is " + length + ", but the body has " + message.bytes().length + " bytes");
        }
        try (JsonParser parser = factory.createParser(message.bytes(), 0, length)) {
            parser.nextToken();
            Json.object(parser, "the body", field -> envelopeField(parser, envelope, field, request));
            if (parser.nextToken() != null) {
                throw new OipException("the JSON goes on after its object, at " + Json.place(parser));
            }
        } catch (StreamConstraintsException e) {
            throw new OipException(beyond(e), e);
        } catch (JsonProcessingException e) {
            throw new OipException("the body is no JSON that is taken: " + e.getOriginalMessage(), e);
        } catch (OipException e) {
            throw e;
        } catch (IOException e) { // of bytes in memory: UTF-8 that is none
            throw new OipException("the body is no JSON: " + e.getMessage(), e);
        }
        ByteBuffer binary = ByteBuffer.wrap(message.bytes(), length, message.bytes().length - length);
        List<Tensor> tensors = new ArrayList<>();
        for (Part part : envelope.parts) {
            tensors.add(part.tensor(binary));
        }
        if (binary.hasRemaining()) {
            throw new OipException(binary.remaining() + " bytes after the last binary tensor");
        }
        return tensors;
    }

    private String beyond(StreamConstraintsException e) {
        return e.getOriginalMessage().contains("nesting depth")
                ? "objects and arrays are nested deeper than the " + limits.depth()
                        + " levels that are taken (max-json-depth)"
                : "the JSON is beyond a limit: " + e.getOriginalMessage();
    }

    private void envelopeField(JsonParser parser, Envelope envelope, String field, boolean request) throws IOException {
        switch (field) {
            case "id" -> envelope.id = Json.text(parser, field);
            case "model_name" -> envelope.model = Json.text(parser, field);
            case "model_version" -> envelope.version = Json.text(parser, field);
            case "parameters" ->
                Json.object(parser, field, name -> {
                    if (name.equals(BINARY_OUTPUT)) {
                        envelope.binaryOutputs = Json.flag(parser, name);
                    } else {
                        parser.skipChildren();
                    }
                });
            case "inputs", "outputs" -> {
                if (request == field.equals("inputs")) {
                    Json.array(parser, field, MAX_TENSORS, ignored -> envelope.parts.add(part(parser, envelope)));
                } else if (request) {
                    Json.array(parser, field, MAX_TENSORS, ignored -> envelope.outputs.add(output(parser)));
                } else {
                    parser.skipChildren();
                }
            }
            default -> parser.skipChildren();
        }
    }

    private Part part(JsonParser parser, Envelope envelope) throws IOException {
        Part part = new Part();
        Json.object(parser, "a tensor", field -> {
            switch (field) {
                case "name" -> part.name = Json.text(parser, field);
                case "datatype" -> part.type = DataType.of(Json.text(parser, field));
                case "shape" -> {
                    List<Long> shape = new ArrayList<>();
                    Json.array(parser, field, MAX_AXES, ignored -> shape.add(Json.integer(parser, field)));
                    part.shape = shape;
                }
                case "data" -> {
                    JsonData data = JsonData.read(parser, limits.elements(), envelope.elements);
                    envelope.elements += data.count();
                    part.data = data;
                }
                case "parameters" ->
                    Json.object(parser, field, name -> {
                        if (name.equals(BINARY_SIZE)) {
                            part.binarySize = Json.integer(parser, name);
                            if (part.binarySize < 0) {
                                throw new OipException(BINARY_SIZE + " is " + part.binarySize + "; it is not negative");
                            }
                        } else {
                            parser.skipChildren();
                        }
                    });
                default -> parser.skipChildren();
            }
        });
        return part;
    }

    private static InferRequest.Output output(JsonParser parser) throws IOException {
        String[] name = {""};
        long[] classes = {0};
        InferRequest.Form[] form = {InferRequest.Form.AS_THE_REQUEST};
        Json.object(parser, "an output", field -> {
            if (field.equals("name")) {
                name[0] = Json.text(parser, field);
            } else if (field.equals("parameters")) {
                Json.object(parser, field, parameter -> {
                    switch (parameter) {
                        case BINARY ->
                            form[0] = Json.flag(parser, parameter) ? InferRequest.Form.BINARY : InferRequest.Form.JSON;
                        case CLASSIFICATION -> classes[0] = Json.integer(parser, parameter);
                        default -> parser.skipChildren();
                    }
                });
            } else {
                parser.skipChildren();
            }
        });
        return new InferRequest.Output(name[0], classes(classes[0]), form[0]);
    }

    /** The parameter {@code classification}, checked. */
    static int classes(long number) throws OipException {
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new OipException(
                    CLASSIFICATION + " is " + number + "; it says how many of the best classes are wanted");
        }
        return (int) number;
    }

    /**
     * Writes an answer, its outputs in the form that the request asked for.
     *
     * @throws IllegalArgumentException if that is JSON, which has no form for half precision, NaN and infinity
     */
    public RestMessage message(InferResponse response, InferRequest request) {
        return write(response.outputs(), tensor -> isBinary(tensor, request), (json, binary) -> {
            json.writeStringField("model_name", response.model());
            json.writeStringField("model_version", response.version());
            if (!response.id().isEmpty()) {
                json.writeStringField("id", response.id());
            }
            writeTensors(json, "outputs", response.outputs(), binary);
        });
    }

    private static boolean isBinary(Tensor tensor, InferRequest request) {
        for (InferRequest.Output output : request.outputs()) {
            if (output.name().equals(tensor.name()) && output.form() != InferRequest.Form.AS_THE_REQUEST) {
                return output.form() == InferRequest.Form.BINARY;
            }
        }
        return request.binaryOutputs();
    }

    /** Writes a request, its inputs in binary form. */
    public RestMessage message(InferRequest request) {
        return write(request.inputs(), tensor -> true, (json, binary) -> {
            if (!request.id().isEmpty()) {
                json.writeStringField("id", request.id());
            }
            json.writeObjectFieldStart("parameters");
            json.writeBooleanField(BINARY_OUTPUT, request.binaryOutputs());
            json.writeEndObject();
            writeTensors(json, "inputs", request.inputs(), binary);
            if (!request.outputs().isEmpty()) {
                json.writeArrayFieldStart("outputs");
                for (InferRequest.Output output : request.outputs()) {
                    writeOutput(json, output);
                }
                json.writeEndArray();
            }
        });
    }

    private static void writeOutput(JsonGenerator json, InferRequest.Output output) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", output.name());
        json.writeObjectFieldStart("parameters");
        if (output.classes() > 0) {
            json.writeNumberField(CLASSIFICATION, output.classes());
        }
        if (output.form() != InferRequest.Form.AS_THE_REQUEST) {
            json.writeBooleanField(BINARY, output.form() == InferRequest.Form.BINARY);
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private interface Form {
        boolean isBinary(Tensor tensor);
    }

    private interface Writer {
        void write(JsonGenerator json, Form form) throws IOException;
    }

    private RestMessage write(List<Tensor> tensors, Form form, Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = factory.createGenerator(bytes)) {
            json.writeStartObject();
            writer.write(json, form);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written to", e);
        }
        OptionalInt length = OptionalInt.empty();
        if (tensors.stream().anyMatch(form::isBinary)) {
            length = OptionalInt.of(bytes.size());
            for (Tensor tensor : tensors) {
                if (form.isBinary(tensor)) {
                    byte[] data = new byte[tensor.data().remaining()];
                    tensor.data().get(data);
                    bytes.writeBytes(data);
                }
            }
        }
        return new RestMessage(bytes.toByteArray(), length);
    }

    private static void writeTensors(JsonGenerator json, String field, List<Tensor> tensors, Form form)
            throws IOException {
        json.writeArrayFieldStart(field);
        for (Tensor tensor : tensors) {
            json.writeStartObject();
            json.writeStringField("name", tensor.name());
            json.writeStringField("datatype", tensor.type().name());
            json.writeArrayFieldStart("shape");
            for (long length : tensor.shape()) {
                json.writeNumber(length);
            }
            json.writeEndArray();
            if (form.isBinary(tensor)) {
                json.writeObjectFieldStart("parameters");
                json.writeNumberField(BINARY_SIZE, tensor.data().remaining());
                json.writeEndObject();
            } else {
                json.writeArrayFieldStart("data");
                writeElements(json, tensor);
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static double finite(double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException(number + " has no form in JSON");
        }
        return number;
    }

    private static void writeElements(JsonGenerator json, Tensor tensor) throws IOException {
        ByteBuffer data = tensor.data();
        for (int i = 0; i < tensor.elements(); i++) {
            switch (tensor.type()) {
                case BOOL -> json.writeBoolean(data.get() != 0);
                case UINT8 -> json.writeNumber(data.get() & 0xff);
                case UINT16 -> json.writeNumber(data.getShort() & 0xffff);
                case UINT32 -> json.writeNumber(data.getInt() & 0xffffffffL);
                case UINT64 -> json.writeNumber(Long.toUnsignedString(data.getLong()));
                case INT8 -> json.writeNumber(data.get());
                case INT16 -> json.writeNumber(data.getShort());
                case INT32 -> json.writeNumber(data.getInt());
                case INT64 -> json.writeNumber(data.getLong());
                case FP16, BF16 -> throw new IllegalArgumentException(tensor.type() + " has no form in JSON");
                case FP32 -> json.writeNumber((float) finite(data.getFloat()));
                case FP64 -> json.writeNumber(finite(data.getDouble()));
                case BYTES -> {
                    byte[] text = new byte[data.getInt()];
                    data.get(text);
                    json.writeString(new String(text, StandardCharsets.UTF_8));
                }
            }
        }
    }
}
