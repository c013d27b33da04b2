package dev.kinglet.infer;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A file in ONNX Runtime as {@link Classifier} runs it, with random images that are prepared once, so that a call times the
 * network and nothing else. Owns native memory until closed. Used by one thread at a time.
 */
public final class TimedSession implements AutoCloseable {
    private static final long SEED = 1;

    private final String name;
    private final OrtSession session;
    private final OnnxTensor images;
    private final Map<String, OnnxTensor> input;
    private final Set<String> output;

    /**
     * @param name of the file, for messages
     * @param batch images per call
     * @param threads intra-op threads of ONNX Runtime, the caller's among them
     * @throws OnnxException if ONNX Runtime refuses the file
     */
    public TimedSession(OnnxFile file, String name, int batch, int threads) throws OnnxException {
        if (batch < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "batch and threads are at least 1, not batch=" + batch + ", threads=" + threads);
        }
        this.name = name;
        try (SessionOptions options = SessionPool.options()) {
            options.setIntraOpNumThreads(threads);
            session = RuntimeLibraries.environment().createSession(file.bytes(), options);
        } catch (OrtException e) {
            throw new OnnxException(name + ": ONNX Runtime refuses it: " + e.getMessage(), e);
        }
        try {
            images = images(
                    (TensorInfo)
                            session.getInputInfo().values().iterator().next().getInfo(),
                    batch);
        } catch (OrtException e) {
            close(session, name);
            throw new OnnxException(name + ": ONNX Runtime takes no images: " + e.getMessage(), e);
        }
        input = Map.of(file.input(), images);
        output = Set.of(file.output());
    }

    /**
     * Name and version, such as {@code ONNX Runtime 1.28.0}. Loads the library, once per process, so that the first file's
     * time does not include it.
     */
    public static String runtime() {
        return "ONNX Runtime " + RuntimeLibraries.environment().getVersion();
    }

    private static OnnxTensor images(TensorInfo info, int batch) throws OrtException {
        long[] shape = info.getShape();
        shape[0] = batch;
        int elements = 1;
        for (long axis : shape) {
            elements = Math.multiplyExact(elements, Math.toIntExact(axis));
        }
        RandomGenerator random = new SplittableRandom(SEED);
        if (info.type == OnnxJavaType.UINT8) {
            byte[] noise = new byte[elements];
            random.nextBytes(noise);
            ByteBuffer bytes = ByteBuffer.allocateDirect(elements).put(0, noise);
            return OnnxTensor.createTensor(RuntimeLibraries.environment(), bytes, shape, OnnxJavaType.UINT8);
        }
        FloatBuffer floats = ByteBuffer.allocateDirect(Math.multiplyExact(elements, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        for (int i = 0; i < elements; i++) {
            floats.put(i, (float) random.nextGaussian()); // distributed like normalized pixels
        }
        return OnnxTensor.createTensor(RuntimeLibraries.environment(), floats, shape);
    }

    /**
     * Runs the images through the network once.
     *
     * @throws IllegalStateException if ONNX Runtime fails
     */
    public void run() {
        try (OrtSession.Result result = session.run(input, output)) {
            if (result.size() != 1) {
                throw new IllegalStateException(name + ": ONNX Runtime gave " + result.size() + " results, not one");
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime failed: " + e.getMessage(), e);
        }
    }

    private static void close(OrtSession session, String name) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime could not free a session: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        images.close();
        close(session, name);
    }
}
