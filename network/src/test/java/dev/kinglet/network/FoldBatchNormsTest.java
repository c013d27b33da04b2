package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FoldBatchNormsTest {
    private static final Shape IMAGE = Shape.image(6);

    /** Random values everywhere, variances positive. */
    private static Model filled(Network network) {
        Random random = new Random(1);
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            Parameter p = entry.parameter();
            if (p.role() == Parameter.Role.COUNTER) {
                tensors.put(entry.name(), NdArray.Longs.scalar(3));
                continue;
            }
            float[] values = new float[(int) p.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] =
                        (float) (p.name().equals("running_var") ? 0.5 + random.nextDouble() : random.nextGaussian());
            }
            tensors.put(entry.name(), new NdArray.Floats(p.dims(), values));
        }
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(i -> "class " + i)
                .toList();
        return new Model(
                network,
                new Tensors(tensors),
                new Card("small", labels, Preprocessing.imagenet().withInputSize(6)));
    }

    private static float[] image() {
        Random random = new Random(2);
        float[] image = new float[(int) IMAGE.elements()];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
        }
        return image;
    }

    private static void assertSameOutputs(Model model, Model folded) {
        double[] want = new ReferenceExecutor(model).run(image());
        double[] got = new ReferenceExecutor(folded).run(image());
        for (int c = 0; c < want.length; c++) {
            assertThat(got[c]).isCloseTo(want[c], within(1e-4 * (1 + Math.abs(want[c]))));
        }
    }

    @Test
    void folds_into_convolutions_and_linear_layers_with_and_without_bias() {
        Scope root = Scope.root();
        Layer x = root.batchNorm("bn1", root.conv("plain", root.input(IMAGE), 6, Window.of(3)));
        Op biased = new Op.Conv(6, 4, Window.of(3).stride(2), 2, true);
        x = root.relu(root.batchNorm("bn2", root.layer("biased", biased, x)));
        x = root.batchNorm("bn3", root.linear("fc", root.globalAverage("gap", x), 5, false));
        root.linear("head", x, 3, true);
        Model model = filled(root.build("small"));
        Model folded = new FoldBatchNorms().apply(model);
        assertThat(folded.network().layers().stream().map(Layer::name))
                .containsExactly("input", "plain", "biased", "relu", "gap", "fc", "head");
        assertThat(folded.tensors().names())
                .containsExactly(
                        "plain.weight",
                        "plain.bias",
                        "biased.weight",
                        "biased.bias",
                        "fc.weight",
                        "fc.bias",
                        "head.weight",
                        "head.bias");
        assertSameOutputs(model, folded);
    }

    @Test
    void leaves_a_norm_alone_whose_convolution_others_read_or_which_follows_something_else() {
        Scope root = Scope.root();
        Layer conv = root.conv("conv", root.input(IMAGE), 4, Window.of(3));
        Layer sum = root.add("sum", root.batchNorm("shared", conv), conv);
        Layer x = root.batchNorm("afterwards", sum);
        root.linear("head", root.globalAverage("gap", x), 2, false);
        Model model = filled(root.build("small"));
        Model folded = new FoldBatchNorms().apply(model);
        assertThat(folded.network().layers().stream().map(Layer::name)).contains("shared", "afterwards");
        assertThat(folded.tensors()).isEqualTo(model.tensors());
        assertSameOutputs(model, folded);
    }
}
