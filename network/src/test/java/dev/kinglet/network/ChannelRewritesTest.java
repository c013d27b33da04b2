package dev.kinglet.network;

import static dev.kinglet.network.Models.assertSameOutputs;
import static dev.kinglet.network.Models.filled;
import static org.assertj.core.api.Assertions.assertThat;

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
            Model split = new SplitThinGroups(Forms.byRule()).apply(model);
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
        Model merged = new MergeGroups(Forms.byRule()).apply(model);
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
        for (Form form : Form.values()) {
            Forms forms = Forms.byRule().with(List.of("grouped"), form);
            Model written = Rewrites.apply(Rewrites.all(forms), model);
            boolean asItIs = written.network().layers().stream()
                    .anyMatch(layer -> layer.op() instanceof Op.Conv conv && conv.groups() == 4);
            assertThat(asItIs).as(form.label()).isEqualTo(form == Form.GROUPED);
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
        Model selecting = new MatricesToSelections().apply(reordering);
        assertThat(selecting.tensors().longs("write.index")).containsExactly(1, 2, 0);
        assertSameOutputs(reordering, selecting);
        NdArray twice = new NdArray.Floats(List.of(3, 3), new float[] {0, 0, 1, 1, 0, 0, 0, 0, 1});
        Model adding = filled(network, Map.of("write.index", twice));
        assertThat(new MatricesToSelections().apply(adding)).isSameAs(adding);
    }

    /** A dense block: what is new is added to what is there, and put beside it. */
    private static Layer denseBlock(Scope s, Layer x) {
        Layer seen = s.relu(s.batchNorm("norm", x));
        Layer fresh = s.conv("fresh", seen, 6, Window.of(3));
        Layer again = s.conv("again", fresh, x.shape().channels(), Window.of(1));
        return s.concat("concat", s.add("sum", x, again), fresh);
    }

    @Test
    void channels_are_aligned_through_sums_and_normalisations_and_dropped_behind_a_pool() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 10, Window.of(3));
        x = denseBlock(root.in("first"), x);
        x = denseBlock(root.in("second"), x);
        x = root.averagePool("pool", x, Window.of(2).stride(2).padding(0));
        Layer gate = root.activation("gate", root.globalAverage("gap", x), Op.Activation.Curve.SIGMOID);
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
    void a_selection_from_aligned_channels_still_finds_its_own() {
        Scope root = Scope.root();
        Layer x = root.conv("stem", root.input(IMAGE), 10, Window.of(3));
        Layer both = root.concat("concat", x, root.conv("more", x, 5, Window.of(1)));
        Layer chosen = root.layer("choose", new Op.Select(15, 4), both);
        root.linear("head", root.globalAverage("gap", chosen), 3, true);
        NdArray index = new NdArray.Longs(List.of(4), new long[] {14, 3, 10, 14});
        Model model = filled(root.build("small"), Map.of("choose.index", index));
        Model aligned = new AlignChannels(8).apply(model);
        assertThat(aligned.tensors().longs("choose.index")).containsExactly(20, 3, 16, 20);
        assertSameOutputs(model, aligned);
    }
}
