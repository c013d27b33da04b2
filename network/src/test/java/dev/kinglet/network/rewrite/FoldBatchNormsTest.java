package dev.kinglet.network.rewrite;

import static dev.kinglet.network.Models.assertSameOutputs;
import static dev.kinglet.network.Models.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import org.junit.jupiter.api.Test;

class FoldBatchNormsTest {
    private static final Shape IMAGE = Shape.image(6);

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
