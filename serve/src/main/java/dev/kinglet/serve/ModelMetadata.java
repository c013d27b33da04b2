package dev.kinglet.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.oip.grpc.ModelMetadataResponse;
import dev.kinglet.oip.grpc.ModelMetadataResponse.TensorMetadata;
import dev.kinglet.onnx.OnnxFile;

/** Metadata of a model in both protocols. */
final class ModelMetadata {
    private static final String PLATFORM = "onnxruntime_onnx"; // as Triton names it
    private static final long ANY = -1;

    private ModelMetadata() {}

    static ModelMetadataResponse message(ModelRepository repository, String model, String version) {
        LoadedVersion loaded = repository.acquire(model, version);
        try {
            long size = loaded.inputSize();
            ModelMetadataResponse.Builder message = ModelMetadataResponse.newBuilder()
                    .setName(loaded.model())
                    .addVersions(loaded.version())
                    .setPlatform(PLATFORM)
                    .addInputs(
                            tensor(OnnxFile.INPUT, Inference.inputType(loaded).name(), ANY, 3, size, size))
                    .addOutputs(tensor(OnnxFile.OUTPUT, "FP32", ANY, loaded.classes()));
            loaded.classifier()
                    .features()
                    .ifPresent(features -> message.addOutputs(tensor(OnnxFile.EMBEDDING, "FP32", ANY, features)));
            return message.build();
        } finally {
            loaded.release();
        }
    }

    private static TensorMetadata tensor(String name, String type, long... shape) {
        TensorMetadata.Builder tensor =
                TensorMetadata.newBuilder().setName(name).setDatatype(type);
        for (long length : shape) {
            tensor.addShape(length);
        }
        return tensor.build();
    }

    static ObjectNode json(ModelRepository repository, String model, String version) {
        ModelMetadataResponse message = message(repository, model, version);
        ObjectNode json = Replies.object().put("name", message.getName());
        ArrayNode versions = json.putArray("versions");
        message.getVersionsList().forEach(versions::add);
        json.put("platform", message.getPlatform());
        tensors(json.putArray("inputs"), message.getInputsList());
        tensors(json.putArray("outputs"), message.getOutputsList());
        return json;
    }

    private static void tensors(ArrayNode array, Iterable<TensorMetadata> tensors) {
        for (TensorMetadata tensor : tensors) {
            ObjectNode json = array.addObject().put("name", tensor.getName()).put("datatype", tensor.getDatatype());
            ArrayNode shape = json.putArray("shape");
            tensor.getShapeList().forEach(shape::add);
        }
    }
}
