package dev.kinglet.network.rewrite;

import static dev.kinglet.network.Models.assertSameOutputs;
import static dev.kinglet.network.Models.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.Activation.Function;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MergePointwiseTest {
    private static final Shape IMAGE = Shape.image(6);

    /** A selection, a normalization and a convolution in two groups, then a shuffle and the network's end. */
    private static Network chosen(int selected) {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 6, Window.of(3));
        Layer chosen = root.layer("choose", new Op.ChannelGather(6, selected), x);
        Layer seen = root.activation("act", root.batchNorm("norm", chosen), Function.HARD_SWISH);
        Layer made = root.shuffle("shuffle", root.conv("grouped", seen, 4, Window.of(1), 2), 2);
        root.linear("head", root.globalAverage("gap", root.concat("concat", x, made)), 3, true);
        return root.build("small");
    }

    private static NdArray index(long... channels) {
        return new NdArray.Longs(List.of(channels.length), channels);
    }

    private static List<String> layers(Model model) {
        return model.network().layers().stream().map(Layer::name).toList();
    }

    @Test
    void a_selection_and_a_shuffle_become_part_of_a_dense_convolution() {
        Model model = filled(chosen(4), Map.of("choose.index", index(5, 0, 3, 1)));
        Model merged = new MergePointwise(ConvPlan.byRule()).apply(model);
        assertThat(layers(merged)).containsExactly("input", "stem", "norm", "act", "grouped", "concat", "gap", "head");
        assertThat(merged.tensors().get("grouped.weight").dims()).containsExactly(4, 6, 1, 1);
        assertSameOutputs(model, merged);
    }

    @Test
    void a_channel_chosen_twice_is_merged_if_both_are_normalized_alike_and_left_if_not() {
        NdArray twice = index(5, 0, 5, 1);
        Model differing = filled(chosen(4), Map.of("choose.index", twice));
        assertThat(new MergePointwise(ConvPlan.byRule()).apply(differing)).isSameAs(differing);

        NdArray alike = new NdArray.Floats(List.of(4), new float[] {1, 2, 1, 3});
        Model agreeing = filled(
                chosen(4),
                Map.of(
                        "choose.index", twice,
                        "norm.weight", alike,
                        "norm.bias", alike,
                        "norm.running_mean", alike,
                        "norm.running_var", alike));
        Model merged = new MergePointwise(ConvPlan.byRule()).apply(agreeing);
        assertThat(layers(merged)).doesNotContain("choose");
        assertSameOutputs(agreeing, merged);
    }

    @Test
    void features_written_to_one_place_are_added_up() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 6, Window.of(3));
        Op biased = new Op.Conv(6, 4, Window.of(1), 2, true);
        Layer made = root.layer("grouped", biased, root.shuffle("shuffle", x, 3));
        Layer written = root.layer("write", new Op.ChannelMatrix(4, 5), made);
        root.linear("head", root.globalAverage("gap", written), 3, true);
        float[] matrix = new float[20];
        for (int i : new int[] {1, 5 + 1, 10 + 4, 15}) { // two into output 1, none into 2 and 3
            matrix[i] = 1;
        }
        Model model = filled(root.build("small"), Map.of("write.index", new NdArray.Floats(List.of(4, 5), matrix)));
        Model merged = new MergePointwise(ConvPlan.byRule()).apply(model);
        assertThat(layers(merged)).containsExactly("input", "stem", "grouped", "gap", "head");
        assertSameOutputs(model, merged);
    }

    @Test
    void where_copying_is_cheaper_than_the_zeros_the_layers_stay() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 256, Window.of(3));
        Layer made = root.conv("grouped", root.shuffle("shuffle", x, 8), 256, Window.of(1), 8);
        root.linear("head", root.globalAverage("gap", made), 3, true);
        Model model = filled(root.build("small"));
        assertThat(new MergePointwise(ConvPlan.byRule()).apply(model)).isSameAs(model);
    }

    @Test
    void what_is_said_of_a_layer_goes_before_the_rule() {
        Model model = filled(chosen(4), Map.of("choose.index", index(5, 0, 3, 1)));
        ConvPlan grouped = ConvPlan.byRule().with(List.of("grouped"), ConvImplementation.GROUPED);
        assertThat(new MergePointwise(grouped).apply(model)).isSameAs(model);
    }

    @Test
    void a_shuffle_between_two_grouped_convolutions_merges_with_the_first() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 8, Window.of(3));
        x = root.shuffle("shuffle", root.conv("first", x, 8, Window.of(1), 2), 2);
        root.linear("head", root.globalAverage("gap", root.conv("second", x, 8, Window.of(1), 2)), 3, true);
        Model model = filled(root.build("small"));
        Model merged = new MergePointwise(ConvPlan.byRule()).apply(model);
        assertThat(layers(merged)).containsExactly("input", "stem", "first", "second", "gap", "head");
        assertSameOutputs(model, merged);
    }
}
