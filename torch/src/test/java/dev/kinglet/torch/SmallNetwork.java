package dev.kinglet.torch;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import dev.kinglet.zoo.Golden.Draws;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The network of {@code optimizers.py}: a convolution, batch normalization, the mean and a linear layer. */
final class SmallNetwork {
    private static final int SIDE = 8;
    private static final int CLASSES = 4;

    private SmallNetwork() {}

    /** Weights from a generator that needs no framework's random numbers. */
    static Model model() {
        Scope root = Scope.root();
        Layer x = root.input(Shape.image(SIDE));
        x = root.conv("conv", x, 6, Window.of(3).padding(1));
        x = root.relu(root.batchNorm("norm", x));
        root.linear("fc", root.globalAverage("pool", x), CLASSES, true);
        Network network = root.build("small");
        Draws draws = new Draws(42);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            if (!entry.parameter().trained()) {
                tensors.put(entry.name(), entry.layer().op().initialValue(entry.parameter()));
                continue;
            }
            float[] values = new float[(int) entry.parameter().elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (draws.next() - 0.4);
            }
            tensors.put(entry.name(), new NdArray.Floats(entry.parameter().dims(), values));
        }
        Preprocessing preprocessing =
                new Preprocessing(SIDE, 1, Interpolation.BILINEAR, List.of(0.3, 0.3, 0.3), List.of(0.5, 0.5, 0.5));
        return new Model(network, new Tensors(tensors), new Card("small", List.of("a", "b", "c", "d"), preprocessing));
    }

    /** Pixels and labels from such a generator. */
    static Batch batch(int number, int images) {
        Draws draws = new Draws(100 + number);
        ByteBuffer pixels = ByteBuffer.allocateDirect(images * SIDE * SIDE * 3);
        while (pixels.hasRemaining()) {
            pixels.put((byte) (draws.next() * 256));
        }
        int[] labels = new int[images];
        for (int n = 0; n < images; n++) {
            labels[n] = (int) (draws.next() * CLASSES);
        }
        return new Batch(pixels, SIDE, labels, new int[images]);
    }
}
