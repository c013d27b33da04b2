package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.image.explain.Explainer;
import dev.kinglet.image.explain.Explanation;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.rewrite.Rewrites;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.jspecify.annotations.Nullable;

/**
 * Gradient-weighted class activation maps (Grad-CAM; Selvaraju et al., 2017, eq. 1 and 2) of any network, on libtorch: {@code
 * ReLU(sum over k of alpha[k] f[k, h, w])}. {@code f} is the feature map before the head: the last activation with more
 * than one pixel, on which alone the logits depend. {@code alpha[k]} is the mean over its pixels of the gradient of the class's logit.
 *
 * <p>Where the head is a global average pooling and one linear layer, {@code alpha[k]} is the class's weight divided by the
 * number of pixels, and the map is the class activation map divided by it, without its negative part.
 */
public final class GradCam implements Explainer {
    private final TorchNetwork network;
    private final Normalization normalization;
    private final Layer features;
    private final Set<Layer> head; // the layers between the feature map and the logits

    private GradCam(TorchNetwork network, Normalization normalization, Layer features, Set<Layer> head) {
        this.network = network;
        this.normalization = normalization;
        this.features = features;
        this.head = head;
    }

    /**
     * Grad-CAM of a model, whose weights are copied.
     *
     * @param threads of libtorch's operations, for the whole process
     * @throws IllegalArgumentException if the logits depend on several maps of more than one pixel, or are such a map
     */
    public static GradCam of(Model model, int threads) {
        Model folded = Rewrites.foldBatchNorms().apply(model);
        Set<Layer> head = new HashSet<>();
        Layer features = features(folded.network(), head);
        TorchRuntime.useThreads(threads);
        return new GradCam(
                new TorchNetwork(folded.network(), folded.tensors()),
                new Normalization(model.card().preprocessing()),
                features,
                head);
    }

    /** The feature map before the head; {@code head} receives the layers after it. */
    private static Layer features(Network network, Set<Layer> head) {
        Set<Layer> maps = new HashSet<>();
        Deque<Layer> left = new ArrayDeque<>(List.of(network.output()));
        while (!left.isEmpty()) {
            Layer layer = left.pop();
            if (layer.shape().height() * layer.shape().width() > 1) {
                maps.add(layer);
            } else if (head.add(layer)) {
                left.addAll(layer.inputs());
            }
        }
        if (maps.size() != 1 || head.isEmpty()) {
            throw new IllegalArgumentException(network.name() + " has no single feature map before its head, but "
                    + maps.stream().map(Layer::name).sorted().toList() + "; Grad-CAM needs one; use occlusion");
        }
        return maps.iterator().next();
    }

    @Override
    public synchronized List<Explanation> explain(Batch images, ClassChoice choice) {
        int side = network.network().input().shape().height();
        if (images.imageSize() != side) {
            throw new IllegalArgumentException(network.network().name() + " takes images of " + side
                    + " pixels a side, not " + images.imageSize());
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor map = features(normalization.images(images));
            map.set_requires_grad(true);
            Tensor logits = logits(map);
            int classes = network.network().classes();
            float[] rows = Blobs.values(logits);
            int[][] chosen = new int[images.size()][];
            for (int i = 0; i < chosen.length; i++) {
                chosen[i] = choice.classes(Arrays.copyOfRange(rows, i * classes, (i + 1) * classes));
            }
            float[] values = Blobs.values(map);
            List<Map<Integer, HeatMap>> maps = new ArrayList<>();
            for (int i = 0; i < chosen.length; i++) {
                maps.add(new LinkedHashMap<>());
            }
            int most = Arrays.stream(chosen).mapToInt(one -> one.length).max().orElse(0);
            for (int number = 0; number < most; number++) {
                float[] gradients = gradients(map, logits, chosen, number);
                for (int i = 0; i < chosen.length; i++) {
                    if (number < chosen[i].length) {
                        maps.get(i).put(chosen[i][number], weighted(values, gradients, i));
                    }
                }
            }
            List<Explanation> explanations = new ArrayList<>();
            for (int i = 0; i < chosen.length; i++) {
                explanations.add(
                        new Explanation(Arrays.copyOfRange(rows, i * classes, (i + 1) * classes), maps.get(i)));
            }
            return explanations;
        }
    }

    /** The feature maps {@code [n, k, h, w]} of normalized images, in the innermost scope. */
    private Tensor features(Tensor images) {
        @Nullable Tensor[] live = new Tensor[network.network().layers().size()];
        try (NoGradGuard noGradients = new NoGradGuard()) {
            for (Layer layer : network.network().layers().subList(0, features.id() + 1)) {
                run(layer, live, images);
            }
            return new Tensor(output(live, features)).detach();
        } finally {
            close(live);
        }
    }

    /** The logits {@code [n, classes]} that feature maps give, in the innermost scope. */
    private Tensor logits(Tensor map) {
        @Nullable Tensor[] live = new Tensor[network.network().layers().size()];
        live[features.id()] = Blobs.keep(new Tensor(map));
        try {
            for (Layer layer : network.network().layers()) {
                if (head.contains(layer)) {
                    run(layer, live, map);
                }
            }
            return new Tensor(output(live, network.network().output()));
        } finally {
            close(live);
        }
    }

    /** Computes one layer's output, and frees those that nobody reads afterwards. */
    private void run(Layer layer, @Nullable Tensor[] live, Tensor images) {
        NativeMemory.check();
        try (PointerScope scope = new PointerScope()) {
            List<Tensor> in =
                    layer.inputs().stream().map(input -> output(live, input)).toList();
            live[layer.id()] =
                    Blobs.keep(network.output(layer, in, images, TorchNetwork.Mode.EVALUATION, OptionalDouble.empty()));
        }
        for (Layer input : layer.inputs()) {
            if (network.lastReaders()[input.id()] == layer.id()) {
                close(live, input.id());
            }
        }
    }

    private static Tensor output(@Nullable Tensor[] live, Layer layer) {
        Tensor output = live[layer.id()];
        if (output == null) {
            throw new IllegalStateException("'" + layer.name() + "' is read before it is made");
        }
        return output;
    }

    private static void close(@Nullable Tensor[] live) {
        for (int id = 0; id < live.length; id++) {
            close(live, id);
        }
    }

    private static void close(@Nullable Tensor[] live, int id) {
        Tensor tensor = live[id];
        if (tensor != null) {
            tensor.close();
            live[id] = null;
        }
    }

    /**
     * Gradients {@code [n, k, h, w]} of one logit of each image with respect to its feature map. In evaluation an image's
     * logits depend on no other image, so one backward pass serves all.
     *
     * @param chosen classes by image
     * @param number which of them
     */
    private static float[] gradients(Tensor map, Tensor logits, int[][] chosen, int number) {
        int classes = Math.toIntExact(logits.size(1));
        float[] oneHot = new float[chosen.length * classes];
        for (int i = 0; i < chosen.length; i++) {
            if (number < chosen[i].length) {
                int index = chosen[i][number];
                if (index < 0 || index >= classes) {
                    throw new IllegalArgumentException("there are classes 0 to " + (classes - 1) + ", no " + index);
                }
                oneHot[i * classes + index] = 1;
            }
        }
        if (number > 0) {
            map.mutable_grad().zero_();
        }
        logits.backward(
                Blobs.floats(oneHot, chosen.length, classes),
                new BoolOptional(true),
                false,
                new TensorArrayRefOptional());
        return Blobs.values(map.grad());
    }

    private HeatMap weighted(float[] values, float[] gradients, int image) {
        int height = features.shape().height();
        int width = features.shape().width();
        int cells = height * width;
        double[] sums = new double[cells];
        for (int k = 0; k < features.shape().channels(); k++) {
            int start = (image * features.shape().channels() + k) * cells;
            double alpha = 0;
            for (int i = 0; i < cells; i++) {
                alpha += gradients[start + i] / (double) cells;
            }
            for (int i = 0; i < cells; i++) {
                sums[i] += alpha * values[start + i];
            }
        }
        float[] map = new float[cells];
        for (int i = 0; i < cells; i++) {
            map[i] = (float) Math.max(0, sums[i]);
        }
        return new HeatMap(height, width, map);
    }

    @Override
    public synchronized void close() {
        network.close();
        normalization.close();
    }
}
