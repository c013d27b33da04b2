package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every op on numbers small enough to check by hand. */
class ReferenceExecutorTest {
    private static final float[] NINE = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    private static double[] run(Scope root, Map<String, float[]> weights, float... image) {
        Network network = root.build("small");
        Map<String, NdArray> tensors = new LinkedHashMap<>();
        for (StateEntry entry : network.state()) {
            Parameter p = entry.parameter();
            float[] given = weights.get(entry.name());
            tensors.put(
                    entry.name(),
                    given == null && !p.trained() ? entry.layer().op().initialValue(p) : array(p, given));
        }
        List<String> labels = IntStream.range(0, network.classes())
                .mapToObj(i -> "class " + i)
                .toList();
        Card card = new Card("small", labels, Preprocessing.imagenet());
        return new ReferenceExecutor(new Model(network, new Tensors(tensors), card)).run(image);
    }

    private static NdArray array(Parameter p, float @Nullable [] values) {
        float[] given = Objects.requireNonNull(values);
        return p.integer()
                ? new NdArray.Longs(
                        p.dims(),
                        IntStream.range(0, given.length)
                                .mapToLong(i -> (long) given[i])
                                .toArray())
                : new NdArray.Floats(p.dims(), given);
    }

    @Test
    void a_convolution_correlates_and_pads_with_zeros() {
        Scope root = Scope.root();
        root.conv("c", root.input(new Shape(1, 3, 3)), 1, Window.of(3));
        float[] kernel = {0, 1, 0, 0, 0, 2, 0, 0, 0}; // above, and twice the right neighbor
        assertThat(run(root, Map.of("c.weight", kernel), NINE)).containsExactly(4, 6, 0, 11, 14, 3, 20, 23, 6);
    }

    @Test
    void a_strided_convolution_takes_every_second_position() {
        Scope root = Scope.root();
        root.conv("c", root.input(new Shape(1, 3, 3)), 1, Window.of(3).stride(2));
        float[] ones = {1, 1, 1, 1, 1, 1, 1, 1, 1};
        assertThat(run(root, Map.of("c.weight", ones), NINE)).containsExactly(12, 16, 24, 28);
    }

    @Test
    void a_window_may_lie_in_the_padding_for_the_most_part() {
        Scope root = Scope.root();
        root.conv("c", root.input(new Shape(1, 1, 1)), 1, Window.of(5).stride(2));
        float[] kernel = new float[25];
        kernel[12] = 3; // the center
        assertThat(run(root, Map.of("c.weight", kernel), 2)).containsExactly(6);
    }

    @Test
    void same_padding_has_its_odd_pixel_at_the_bottom_and_to_the_right() {
        Shape image = new Shape(1, 4, 4);
        Padding same = Padding.same(image, 3, 2);
        assertThat(same).isEqualTo(new Padding(0, 0, 1, 1));
        assertThat(Padding.same(new Shape(1, 5, 4), 3, 2)).isEqualTo(new Padding(1, 0, 1, 1));
        assertThat(Padding.same(image, 3, 1)).isEqualTo(Padding.of(1));
        assertThat(Padding.same(image, 1, 2)).isEqualTo(Padding.of(0));
        Scope root = Scope.root();
        root.conv("c", root.input(image), 1, Window.of(3).stride(2).padding(same));
        float[] topLeft = {1, 0, 0, 0, 0, 0, 0, 0, 0};
        float[] sixteen = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        assertThat(run(root, Map.of("c.weight", topLeft), sixteen)).containsExactly(1, 3, 9, 11);
    }

    @Test
    void a_learned_group_convolution_sees_what_its_mask_keeps() {
        Scope root = Scope.root();
        Op.LearnedGroupConv op = new Op.LearnedGroupConv(2, 2, 2, 2, Op.LearnedGroupConv.Pruned.INPUTS);
        root.layer("c", op, root.input(new Shape(2, 1, 1)));
        Map<String, float[]> weights =
                Map.of("c.conv.weight", new float[] {1, 10, 100, 1000}, "c._mask", new float[] {1, 0, 1, 1});
        assertThat(run(root, weights, 2, 3)).containsExactly(2, 3200);
    }

    @Test
    void channels_are_selected_dealt_out_added_up_and_padded() {
        Scope root = Scope.root();
        Layer x = root.input(new Shape(4, 1, 1));
        Layer selected = root.layer("select", new Op.ChannelGather(4, 2), x);
        Layer shuffled = root.shuffle("shuffle", x, 2);
        Layer back = root.shuffle("back", root.shuffle("away", x, 2), 2);
        Layer sum = root.layer("matrix", new Op.ChannelMatrix(2, 3), selected);
        Layer padded = root.layer("pad", new Op.PadChannels(1, 2), selected);
        root.concat("all", selected, shuffled, back, sum, padded);
        Map<String, float[]> weights =
                Map.of("select.index", new float[] {3, 1}, "matrix.index", new float[] {0, 1, 0, 0, 1, 2});
        assertThat(run(root, weights, 1, 2, 3, 4))
                .containsExactly(4, 2, 1, 3, 2, 4, 1, 2, 3, 4, 0, 6, 4, 0, 4, 2, 0, 0);
    }

    @Test
    void each_channel_has_its_own_factor() {
        Scope root = Scope.root();
        Layer x = root.input(new Shape(2, 1, 2));
        root.scale("s", x, root.globalAverage("mean", x));
        assertThat(run(root, Map.of(), 1, 3, 2, 4)).containsExactly(2, 6, 6, 12);
    }

    @Test
    void hard_curves_are_straight_lines_between_minus_three_and_three() {
        Scope root = Scope.root();
        Layer x = root.input(new Shape(4, 1, 1));
        root.concat(
                "both",
                root.activation("sigmoid", x, Op.Activation.Function.HARD_SIGMOID),
                root.activation("swish", x, Op.Activation.Function.HARD_SWISH));
        assertThat(run(root, Map.of(), -4, 0, 1.5f, 5)).containsExactly(0, 0.5, 0.75, 1, -0.0, 0, 1.125, 5);
    }

    @Test
    void boxes_of_an_adaptive_mean_overlap_where_they_do_not_divide() {
        Scope root = Scope.root();
        root.layer("boxes", new Op.AdaptiveAverage(2), root.input(new Shape(1, 3, 3)));
        assertThat(run(root, Map.of(), NINE)).containsExactly(3, 4, 6, 7);
        Scope larger = Scope.root();
        larger.layer("boxes", new Op.AdaptiveAverage(2), larger.input(new Shape(1, 1, 1)));
        assertThat(run(larger, Map.of(), 5)).containsExactly(5, 5, 5, 5);
    }

    @Test
    void groups_see_their_own_channels_only() {
        Scope root = Scope.root();
        root.conv("c", root.input(new Shape(4, 1, 1)), 2, Window.of(1), 2);
        assertThat(run(root, Map.of("c.weight", new float[] {1, 10, 100, 1000}), 1, 2, 3, 4))
                .containsExactly(21, 4300);
    }

    @Test
    void a_norm_shifts_and_scales_by_its_statistics() {
        Scope root = Scope.root();
        root.layer("n", new Op.BatchNorm(2, 0.25, 0.1), root.input(new Shape(2, 1, 1)));
        Map<String, float[]> weights = Map.of(
                "n.weight", new float[] {2, 1},
                "n.bias", new float[] {1, 0},
                "n.running_mean", new float[] {3, 1},
                "n.running_var", new float[] {0.75f, 3.75f});
        assertThat(run(root, weights, 5, 7)).containsExactly(5, 3);
    }

    @Test
    void activations_clip() {
        Scope root = Scope.root();
        Layer x = root.input(new Shape(4, 1, 1));
        root.concat("both", root.relu(x), root.layer("six", new Op.Activation(Op.Activation.Function.RELU6), x));
        assertThat(run(root, Map.of(), -1, 0, 5, 8)).containsExactly(0, 0, 5, 8, 0, 0, 5, 6);
    }

    @Test
    void a_maximum_ignores_padding_and_a_mean_counts_it() {
        Window window = Window.of(3).stride(2);
        Scope max = Scope.root();
        max.maxPool("p", max.input(new Shape(1, 3, 3)), window);
        assertThat(run(max, Map.of(), -1, -2, -3, -4, -5, -6, -7, -8, -9)).containsExactly(-1, -2, -4, -5);
        Scope mean = Scope.root();
        mean.averagePool("p", mean.input(new Shape(1, 3, 3)), window);
        assertThat(run(mean, Map.of(), NINE)).containsExactly(12 / 9.0, 16 / 9.0, 24 / 9.0, 28 / 9.0);
    }

    @Test
    void the_rest_adds_means_and_multiplies() {
        Scope root = Scope.root();
        Layer x = root.input(new Shape(2, 1, 2));
        Layer mean = root.globalAverage("gap", root.add("twice", x, root.dropout("drop", x, 0.5)));
        root.linear("fc", mean, 2, true);
        Map<String, float[]> weights = Map.of("fc.weight", new float[] {1, 0, 1, 1}, "fc.bias", new float[] {0, 100});
        assertThat(run(root, weights, 1, 3, 10, 20)).containsExactly(4, 134);
    }

    @Test
    void an_image_of_another_size_is_refused() {
        Scope root = Scope.root();
        root.relu(root.input(new Shape(1, 3, 3)));
        assertThatThrownBy(() -> run(root, Map.of(), 1, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("small takes an image of 1x3x3, 9 values, not 2");
    }
}
