package dev.kinglet.infer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.Quantizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Histograms of a file's activations over the images of a calibration set, which it is run on one by one. */
final class ActivationHistograms {
    private ActivationHistograms() {}

    /**
     * One histogram for each of the quantizer's activations.
     *
     * @param name of the file, for messages
     * @throws OnnxException if ONNX Runtime refuses the file, or an activation holds a value that is not finite
     */
    static Map<String, Histogram> observe(OnnxFile file, Quantizer quantizer, String name, Samples samples)
            throws OnnxException {
        Set<String> wanted = Set.copyOf(quantizer.activations());
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        int elements = Math.toIntExact(file.image().elements());
        ByteBuffer image =
                ByteBuffer.allocateDirect(elements * file.inputType().bytes()).order(ByteOrder.nativeOrder());
        long[] shape = {
            1, file.image().channels(), file.image().height(), file.image().width()
        };
        OrtEnvironment environment = RuntimeLibraries.environment();
        try (SessionOptions options = SessionPool.options();
                OrtSession session = environment.createSession(quantizer.observed(), options)) {
            SessionPool.Images source = samples.as(file.inputType());
            for (int i = 0; i < samples.size(); i++) {
                source.put(i, 1, image.clear());
                if (wanted.contains(file.input())) {
                    count(histograms, file.input(), shape, image.rewind().asFloatBuffer());
                }
                try (OnnxTensor x = OnnxTensor.createTensor(
                                environment, image.rewind(), shape, SessionPool.type(file.inputType()));
                        OrtSession.Result result = session.run(Map.of(file.input(), x))) {
                    for (Map.Entry<String, OnnxValue> computed : result) {
                        if (wanted.contains(computed.getKey())) {
                            OnnxTensor tensor = (OnnxTensor) computed.getValue();
                            count(
                                    histograms,
                                    computed.getKey(),
                                    tensor.getInfo().getShape(),
                                    tensor.getFloatBuffer());
                        }
                    }
                }
            }
        } catch (OrtException e) {
            throw new OnnxException(name + " cannot be calibrated: " + e.getMessage(), e);
        }
        return histograms;
    }

    /** @param shape {@code [1, channels, ...]} */
    private static void count(Map<String, Histogram> histograms, String activation, long[] shape, FloatBuffer values)
            throws OnnxException {
        try {
            histograms
                    .computeIfAbsent(activation, name -> new Histogram(Math.toIntExact(shape[1])))
                    .add(values);
        } catch (IllegalArgumentException e) {
            throw new OnnxException("activation '" + activation + "' has " + e.getMessage(), e);
        }
    }
}
