package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Models of small networks with random values, for tests of rewrites. */
public final class Models {
    private Models() {}

    /** Random values everywhere, variances positive; indices and channel matrices as in a fresh network. */
    public static Model filled(Network network) {
        return filled(network, Map.of());
    }

    /** The same but for some tensors. */
    public static Model filled(Network network, Map<String, NdArray> given) {
        RandomGenerator random = new SplittableRandom(1);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            NdArray own = given.containsKey(entry.name()) ? given.get(entry.name()) : value(entry, random);
            tensors.put(entry.name(), own);
        }
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(i -> "class " + i)
                .toList();
        int side = network.input().shape().height();
        return new Model(
                network,
                new Tensors(tensors),
                new Card("small", labels, Preprocessing.imagenet().withInputSize(side)));
    }

    private static NdArray value(StateEntry entry, RandomGenerator random) {
        Parameter p = entry.parameter();
        Op op = entry.layer().op();
        if (p.role() == Parameter.Role.COUNTER) {
            return NdArray.Longs.scalar(3);
        }
        if (op instanceof Op.ChannelGather || op instanceof Op.ChannelMatrix) {
            return op.initialValue(p);
        }
        float[] values = new float[(int) p.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (p.name().equals("running_var") ? 0.5 + random.nextDouble() : random.nextGaussian());
        }
        return new NdArray.Floats(p.dims(), values);
    }

    /** Both give the same outputs for a random image, but for rounding. */
    public static void assertSameOutputs(Model model, Model rewritten) {
        RandomGenerator random = new SplittableRandom(2);
        float[] image = new float[(int) model.network().input().shape().elements()];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
        }
        double[] want = new ReferenceExecutor(model).run(image);
        double[] got = new ReferenceExecutor(rewritten).run(image);
        for (int c = 0; c < want.length; c++) {
            assertThat(got[c]).isCloseTo(want[c], within(1e-4 * (1 + Math.abs(want[c]))));
        }
    }
}
