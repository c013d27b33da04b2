package dev.kinglet.network.rewrite;

import static dev.kinglet.network.Models.assertSameOutputs;
import static dev.kinglet.network.Models.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rewrites that change how channels are grouped, ordered and padded. */
class ChannelRewritesTest {
    private static final Shape IMAGE = Shape.image(8);

    private static Layer layer(Model model, String name) {
        return model.network().layers().stream()
                .filter(layer -> layer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static int channels(Model model, String name) {
        return layer(model, name).shape().channels();
    }

    @Test
    void groups_of_one_or_two_outputs_become_depthwise_and_pointwise_convolutions() {
        for (int out : new int[] {4, 8}) {
            Scope root = Scope.root();
            Layer x = root.conv("stem", root.input(IMAGE), 16, Window.of(3));
            Op thin = new Op.Conv(16, out, Window.of(3).stride(2), 4, true);
            root.linear("head", root.globalAverage("gap", root.layer("thin", thin, x)), 3, true);
            Model model = filled(root.build("small"));
            Model split = new SplitNarrowGroups(ConvPlan.byRule()).apply(model);
            assertThat(split.network().layers())
                    .filteredOn(layer -> layer.op() instanceof Op.Conv conv && conv.groups() == 16)
                    .hasSize(out / 4);
            assertThat(split.network().layers()).noneMatch(layer -> layer.op().equals(thin));
            assertSameOutputs(model, split);
        }
    }

    @Test
    void groups_that_fill_the_lanes_together_are_merged() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 32, Window.of(3));
        x = root.conv("grouped", x, 32, Window.of(3), 8);
        root.linear("head", root.globalAverage("gap", x), 3, true);
        Model model = filled(root.build("small"));
        Model merged = new MergeGroups(ConvPlan.byRule()).apply(model);
        assertThat(layer(merged, "grouped").op()).isEqualTo(new Op.Conv(32, 32, Window.of(3), 2, false));
        assertSameOutputs(model, merged);
    }

    @Test
    void a_convolution_in_groups_has_the_same_outputs_in_every_form() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 32, Window.of(3));
        x = root.conv("grouped", x, 16, Window.of(3), 4);
        root.linear("head", root.globalAverage("gap", x), 3, true);
        Model model = filled(root.build("small"));
        for (ConvImplementation form : ConvImplementation.values()) {
            ConvPlan forms = ConvPlan.byRule().with(List.of("grouped"), form);
            Model written = Rewrites.apply(Rewrites.all(forms), model);
            boolean asItIs = written.network().layers().stream()
                    .anyMatch(layer -> layer.op() instanceof Op.Conv conv && conv.groups() == 4);
            assertThat(asItIs).as(form.label()).isEqualTo(form == ConvImplementation.GROUPED);
            assertSameOutputs(model, written);
        }
    }

    @Test
    void a_channel_matrix_that_only_reorders_becomes_a_selection_and_another_stays() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 3, Window.of(3));
        x = root.layer("write", new Op.ChannelMatrix(3, 3), x);
        root.linear("head", root.globalAverage("gap", x), 3, true);
        Network network = root.build("small");
        NdArray order = new NdArray.Floats(List.of(3, 3), new float[] {0, 0, 1, 1, 0, 0, 0, 1, 0});
        Model reordering = filled(network, Map.of("write.index", order));
        Model selecting = new MatricesToGathers().apply(reordering);
        assertThat(selecting.tensors().longs("write.index")).containsExactly(1, 2, 0);
        assertSameOutputs(reordering, selecting);
        NdArray twice = new NdArray.Floats(List.of(3, 3), new float[] {0, 0, 1, 1, 0, 0, 0, 0, 1});
        Model adding = filled(network, Map.of("write.index", twice));
        assertThat(new MatricesToGathers().apply(adding)).isSameAs(adding);
    }

    /** A dense block: what is new is added to what is there, and put beside it. */
    private static Layer denseBlock(Scope s, Layer x) {
        Layer seen = s.relu(s.batchNorm("norm", x));
        Layer fresh = s.conv("fresh", seen, 6, Window.of(3));
        Layer again = s.conv("again", fresh, x.shape().channels(), Window.of(1));
        return s.concat("concat", s.add("sum", x, again), fresh);
    }

    @Test
    void channels_are_aligned_through_sums_and_normalizations_and_dropped_behind_a_pool() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 10, Window.of(3));
        x = denseBlock(root.in("first"), x);
        x = denseBlock(root.in("second"), x);
        x = root.averagePool("pool", x, Window.of(2).stride(2).padding(0));
        Layer gate = root.activation("gate", root.globalAverage("gap", x), Op.Activation.Function.SIGMOID);
        x = root.scale("scale", x, gate); // cannot do with more channels
        root.linear("head", root.globalAverage("mean", x), 3, true);
        Model model = filled(root.build("small"));
        Model aligned = new AlignChannels(16).apply(model);
        assertThat(channels(aligned, "stem")).isEqualTo(16);
        assertThat(channels(aligned, "first.fresh")).isEqualTo(16);
        assertThat(channels(aligned, "second.again")).isEqualTo(32);
        assertThat(channels(aligned, "pool")).isEqualTo(48);
        assertThat(channels(aligned, "scale")).isEqualTo(22);
        assertSameOutputs(model, aligned);
    }

    @Test
    void factors_are_made_for_aligned_channels_too() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 10, Window.of(3));
        x = root.concat("concat", x, root.conv("more", x, 5, Window.of(1)));
        Layer few = root.relu(
                root.layer("squeeze", new Op.Conv(15, 4, Window.of(1), 1, true), root.globalAverage("gap", x)));
        Layer gate = root.layer("excite", new Op.Conv(4, 15, Window.of(1), 1, true), few);
        x = root.scale("scale", x, root.activation("gate", gate, Op.Activation.Function.HARD_SIGMOID));
        root.linear("head", root.globalAverage("mean", x), 3, true);
        Model model = filled(root.build("small"));
        Model aligned = new AlignChannels(8).apply(model);
        assertThat(channels(aligned, "excite")).isEqualTo(24);
        assertThat(channels(aligned, "scale")).isEqualTo(24);
        assertThat(channels(aligned, "squeeze")).isEqualTo(4);
        assertSameOutputs(model, aligned);
    }

    /** Three parts that are concatenated for one depthwise convolution, and a linear layer at the end. */
    private static Model asymmetric(int stride, Op.Activation.Function function, boolean shared) {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 4, Window.of(3));
        Layer both = root.concat("concat", x, root.conv("wide", x, 6, Window.of(1)), x);
        Window window = Window.of(3).stride(stride);
        Layer seen = root.activation(
                "curve", root.layer("depthwise", new Op.Conv(14, 14, window, 14, true), both), function);
        if (shared) {
            seen = root.concat("again", seen, root.maxPool("pool", both, window));
        }
        root.linear("head", root.globalAverage("gap", seen), 3, true);
        return filled(root.build("small"));
    }

    @Test
    void a_depthwise_convolution_that_shrinks_goes_before_a_concatenation_and_takes_a_rectifier_along() {
        Model model = asymmetric(2, Op.Activation.Function.RELU6, false);
        Model moved = new DepthwiseBeforeConcats().apply(model);
        assertThat(moved.network().layers())
                .extracting(Layer::name)
                .containsSequence(
                        "depthwise.0", "curve.0", "depthwise.1", "curve.1", "depthwise.2", "curve.2", "concat");
        assertThat(layer(moved, "depthwise.1").op())
                .isEqualTo(new Op.Conv(6, 6, Window.of(3).stride(2), 6, true));
        assertSameOutputs(model, moved);

        Model other = asymmetric(2, Op.Activation.Function.HARD_SWISH, false);
        Model half = new DepthwiseBeforeConcats().apply(other);
        assertThat(layer(half, "curve").input().name()).isEqualTo("concat");
        assertSameOutputs(other, half);
    }

    @Test
    void a_concatenation_stays_where_it_is_read_at_its_full_size() {
        for (Model model : List.of(
                asymmetric(1, Op.Activation.Function.RELU, false), asymmetric(2, Op.Activation.Function.RELU, true))) {
            assertThat(new DepthwiseBeforeConcats().apply(model)).isSameAs(model);
        }
    }

    @Test
    void linear_layers_of_one_value_a_channel_become_convolutions_and_others_stay() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 4, Window.of(3).stride(4));
        Layer flat = root.relu(root.linear("flat", x, 5, false));
        root.linear("head", flat, 3, true);
        Model model = filled(root.build("small"));
        Model written = new LinearsToConvolutions().apply(model);
        assertThat(layer(written, "flat").op()).isEqualTo(new Op.Linear(16, 5, false));
        assertThat(layer(written, "head").op()).isEqualTo(new Op.Conv(5, 3, Window.of(1), 1, true));
        assertSameOutputs(model, written);
    }

    @Test
    void gates_are_expanded_where_there_is_an_image_to_scale() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 4, Window.of(3));
        Layer mean = root.globalAverage("gap", x);
        Layer gate = root.activation("gate", mean, Op.Activation.Function.SIGMOID);
        Layer image = root.globalAverage("mean", root.scale("scaled", x, gate));
        root.linear("head", root.scale("vector", image, gate), 3, true);
        Model model = filled(root.build("small"));
        Model expanded = new BroadcastGates().apply(model);
        assertThat(layer(expanded, "scaled").op()).isEqualTo(new Op.Scale(true));
        assertThat(layer(expanded, "vector").op()).isEqualTo(new Op.Scale(false));
        assertThat(new BroadcastGates().apply(expanded)).isSameAs(expanded);
        assertSameOutputs(model, expanded);
    }

    @Test
    void a_selection_from_aligned_channels_still_finds_its_own() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 10, Window.of(3));
        Layer both = root.concat("concat", x, root.conv("more", x, 5, Window.of(1)));
        Layer chosen = root.layer("choose", new Op.ChannelGather(15, 4), both);
        root.linear("head", root.globalAverage("gap", chosen), 3, true);
        NdArray index = new NdArray.Longs(List.of(4), new long[] {14, 3, 10, 14});
        Model model = filled(root.build("small"), Map.of("choose.index", index));
        Model aligned = new AlignChannels(8).apply(model);
        assertThat(aligned.tensors().longs("choose.index")).containsExactly(20, 3, 16, 20);
        assertSameOutputs(model, aligned);
    }
}
