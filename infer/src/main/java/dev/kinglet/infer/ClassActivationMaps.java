package dev.kinglet.infer;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.network.Shape;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.PooledHead;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Class activation maps (CAM; Zhou et al., 2016, eq. 2) of an exported network whose head is a global average pooling and one
 * linear layer: {@code M[h, w] = sum over k of weight[class, k] f[k, h, w]}, with {@code f} the feature map that is pooled. A
 * map's mean, plus the layer's bias, is the class's logit: the bias speaks for no place, and is no part of the map.
 *
 * <p>The maps are exact, of one forward pass for any number of classes; of an int8-quantized file, up to the quantization of
 * the pooled values.
 */
public final class ClassActivationMaps implements Explainer {
    private final OrtSession session;
    private final OnnxFile file;
    private final String name;
    private final PooledHead head;
    private final Feed feed;
    private final int height; // of the feature map
    private final int width;
    private final ByteBuffer[] inputs; // by thread

    private ClassActivationMaps(
            OrtSession session, OnnxFile file, String name, PooledHead head, Shape map, int threads) {
        this.session = session;
        this.file = file;
        this.name = name;
        this.head = head;
        this.feed = Feed.of(file.inputType(), file.card().preprocessing());
        this.height = map.height();
        this.width = map.width();
        this.inputs = new ByteBuffer[threads];
        Arrays.fill(inputs, ByteBuffer.allocateDirect(0));
    }

    /**
     * Opens a file that was checked.
     *
     * @param name of the file, for messages
     * @param threads that run images at once, at least 1
     * @return none if the head is another, or pools a map of one pixel
     * @throws OnnxException if ONNX Runtime refuses the file
     */
    public static Optional<ClassActivationMaps> open(OnnxFile file, String name, int threads) throws OnnxException {
        Optional<PooledHead> head = PooledHead.of(file);
        if (head.isEmpty()) {
            return Optional.empty();
        }
        try (SessionOptions options = SessionPool.options()) {
            OrtSession session =
                    RuntimeLibraries.environment().createSession(head.get().observed(), options);
            Shape map = shape(session, head.get());
            if (map.height() * map.width() == 1) {
                session.close();
                return Optional.empty();
            }
            return Optional.of(new ClassActivationMaps(session, file, name, head.get(), map, threads));
        } catch (OrtException e) {
            throw new OnnxException(name + ": ONNX Runtime refuses it: " + e.getMessage(), e);
        }
    }

    private static Shape shape(OrtSession session, PooledHead head) throws OrtException {
        NodeInfo info = session.getOutputInfo().get(head.featureMap());
        if (info == null || !(info.getInfo() instanceof TensorInfo tensor)) {
            throw new AssertionError("the feature map '" + head.featureMap() + "' is no output");
        }
        long[] shape = tensor.getShape(); // batch, channels, height, width
        return new Shape(head.channels(), Math.toIntExact(shape[2]), Math.toIntExact(shape[3]));
    }

    @Override
    public synchronized List<Explanation> explain(Batch images, ClassChoice choice) {
        if (images.imageSize() != file.card().preprocessing().inputSize()) {
            throw new IllegalArgumentException(name + " takes images of "
                    + file.card().preprocessing().inputSize() + " pixels a side, not " + images.imageSize());
        }
        Explanation[] explanations = new Explanation[images.size()];
        IntStream.range(0, inputs.length).parallel().forEach(thread -> {
            int from = (int) ((long) images.size() * thread / inputs.length);
            int to = (int) ((long) images.size() * (thread + 1) / inputs.length);
            for (int first = from; first < to; first += SessionPool.MAX_BATCH) {
                run(images, first, Math.min(to - first, SessionPool.MAX_BATCH), thread, choice, explanations);
            }
        });
        return List.of(explanations);
    }

    private void run(Batch images, int first, int count, int thread, ClassChoice choice, Explanation[] explanations) {
        int pixels = images.imageSize() * images.imageSize();
        int bytes = 3 * pixels * count * file.inputType().bytes();
        if (inputs[thread].capacity() < bytes) {
            inputs[thread] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
        ByteBuffer input = inputs[thread].clear().limit(bytes);
        feed.put(
                images.pixels().duplicate().clear().slice(3 * pixels * first, 3 * pixels * count),
                count,
                pixels,
                input);
        OrtEnvironment environment = RuntimeLibraries.environment();
        long[] shape = {count, 3, images.imageSize(), images.imageSize()};
        Set<String> outputs = Set.of(file.output(), head.featureMap());
        try (OnnxTensor x = OnnxTensor.createTensor(
                        environment, input.rewind(), shape, SessionPool.type(file.inputType()));
                OrtSession.Result result = session.run(Map.of(file.input(), x), outputs)) {
            FloatBuffer logits = floats(result, file.output());
            FloatBuffer features = floats(result, head.featureMap());
            float[] ofImage = new float[head.channels() * height * width];
            for (int i = 0; i < count; i++) {
                float[] row = new float[file.classes()];
                logits.get(row);
                features.get(ofImage);
                explanations[first + i] = explain(row, ofImage, choice.classes(row));
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime failed: " + e.getMessage(), e);
        }
    }

    private static FloatBuffer floats(OrtSession.Result result, String output) {
        OnnxValue value = result.get(output).orElseThrow();
        return ((OnnxTensor) value).getFloatBuffer();
    }

    /** @param features {@code [channels, height, width]} */
    private Explanation explain(float[] logits, float[] features, int[] classes) {
        Map<Integer, HeatMap> maps = new LinkedHashMap<>();
        for (int index : classes) {
            if (index < 0 || index >= logits.length) {
                throw new IllegalArgumentException(name + " has classes 0 to " + (logits.length - 1) + ", no " + index);
            }
            maps.put(index, map(features, index));
        }
        return new Explanation(logits, maps);
    }

    private HeatMap map(float[] features, int index) {
        int cells = height * width;
        double[] sums = new double[cells];
        for (int k = 0; k < head.channels(); k++) {
            float weight = head.weights()[index * head.channels() + k];
            for (int i = 0; i < cells; i++) {
                sums[i] += (double) weight * features[k * cells + i];
            }
        }
        float[] map = new float[cells];
        for (int i = 0; i < cells; i++) {
            map[i] = (float) sums[i];
        }
        return new HeatMap(height, width, map);
    }

    @Override
    public synchronized void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": ONNX Runtime could not free a session: " + e.getMessage(), e);
        }
    }
}
