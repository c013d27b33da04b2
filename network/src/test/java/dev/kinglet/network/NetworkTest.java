package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NetworkTest {
    /** A stem, a branch and a sum; linear at the end. */
    private static Network small() {
        Scope root = Scope.root();
        Scope stem = root.in("stem");
        Layer x = stem.batchNorm(
                "norm",
                stem.conv("conv", root.input(Shape.image(8)), 4, Window.of(3).stride(2)));
        Layer y = root.in("branch").relu(x);
        root.linear("head", root.globalAverage("gap", root.add("sum", x, y)), 5, true);
        return root.build("small");
    }

    @Test
    void names_layers_and_state_by_their_scopes_in_order_of_construction() {
        assertThat(small().layers().stream().map(Layer::name))
                .containsExactly("input", "stem.conv", "stem.norm", "branch.relu", "sum", "gap", "head");
        assertThat(small().state().stream().map(StateEntry::name))
                .containsExactly(
                        "stem.conv.weight",
                        "stem.norm.weight",
                        "stem.norm.bias",
                        "stem.norm.running_mean",
                        "stem.norm.running_var",
                        "stem.norm.num_batches_tracked",
                        "head.weight",
                        "head.bias");
    }

    @Test
    void knows_shapes_costs_and_last_readers() {
        Network network = small();
        assertThat(network.output().shape()).isEqualTo(new Shape(5, 1, 1));
        assertThat(network.classes()).isEqualTo(5);
        // conv: 3 * 4 * 9 weights over 4x4 positions; linear: 4 * 5
        assertThat(Costs.of(network)).isEqualTo(new Costs(108 + 4 + 4 + 20 + 5, 108 * 16 + 20, 3 * 64 + 4 * 16));
        // the norm's result is read by the rectifier (3) and the sum (4); nobody reads the head's
        assertThat(network.lastReaders()).containsExactly(1, 2, 4, 4, 5, 6, Integer.MAX_VALUE);
        assertThat(network.readers()).containsExactly(1, 1, 2, 1, 1, 1, 0);
    }

    @Test
    void an_image_too_small_is_refused_at_the_layer_that_fails() {
        Scope root = Scope.root();
        Layer x = root.input(Shape.image(1));
        assertThatThrownBy(() -> root.in("features")
                        .maxPool("pool", x, Window.of(2).stride(2).padding(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("at 'features.pool': a 2-pixel window with padding 0 does not fit an axis of 1 pixels");
    }

    @Test
    void inputs_that_do_not_fit_are_refused_by_name() {
        Scope root = Scope.root();
        Layer a = root.input(Shape.image(8));
        Layer b = root.conv("b", a, 3, Window.of(3).stride(2));
        assertThatThrownBy(() -> root.add("sum", a, b))
                .hasMessage("at 'sum': cannot add [3x8x8, 3x4x4]: shapes must be equal");
        assertThatThrownBy(() -> root.concat("both", a, b)).hasMessageContaining("height and width must agree");
        assertThatThrownBy(() -> root.conv("grouped", a, 4, Window.of(1), 2))
                .hasMessage("channels must divide into groups: in=3, out=4, groups=2");
        assertThatThrownBy(() -> root.conv("b", a, 3, Window.of(1)))
                .hasMessage("two layers are named 'b'; give one of them its own name");
    }

    @Test
    void cannot_be_built_wrong() {
        Network good = small();
        List<Layer> layers = good.layers();
        List<StateEntry> state = good.state();
        assertThatThrownBy(() -> new Network("none", List.of(), List.of())).hasMessageContaining("at least its input");
        assertThatThrownBy(() -> new Network("short", layers, state.subList(1, state.size())))
                .hasMessageContaining("the state leaves out [stem.conv.weight]");
        List<StateEntry> twice = new ArrayList<>(state);
        twice.add(state.get(0));
        assertThatThrownBy(() -> new Network("twice", layers, twice)).hasMessageContaining("listed twice");
        List<StateEntry> renamed = new ArrayList<>(state);
        renamed.set(
                0,
                new StateEntry(
                        "other.weight", state.get(0).layer(), state.get(0).parameter()));
        assertThatThrownBy(() -> new Network("renamed", layers, renamed)).hasMessageContaining("no such parameter");
        assertThatThrownBy(() -> new Network("headless", layers.subList(1, layers.size())))
                .hasMessageContaining("id 1 at position 0");
        List<Layer> misshapen = new ArrayList<>(layers);
        Layer head = good.output();
        misshapen.set(head.id(), new Layer(head.id(), "head", head.op(), head.inputs(), new Shape(6, 1, 1)));
        assertThatThrownBy(() -> new Network("misshapen", misshapen))
                .hasMessage("misshapen, at 'head': its op makes 5x1x1, but its shape is 6x1x1");
    }

    @Test
    void a_state_may_be_in_another_order_than_the_layers() {
        Network good = small();
        List<StateEntry> reversed = new ArrayList<>(good.state());
        Collections.reverse(reversed);
        assertThat(new Network("reversed", good.layers(), reversed)
                        .state()
                        .get(0)
                        .name())
                .isEqualTo("head.bias");
    }

    @Test
    void a_normalization_of_one_value_per_channel_needs_two_images_in_a_training_batch() {
        for (int pixels : new int[] {8, 4}) {
            Scope root = Scope.root();
            Layer x = root.conv(
                    "conv", root.input(Shape.image(pixels)), 4, Window.of(3).stride(4));
            root.linear("head", root.globalAverage("gap", root.batchNorm("norm", x)), 3, true);
            Network network = root.build("small");
            boolean single = pixels == 4; // 2x2 maps of 8 pixels, 1x1 of 4
            assertThat(network.minimumBatch()).isEqualTo(single ? 2 : 1);
            assertThat(network.singleValueNorm().map(Layer::name))
                    .isEqualTo(single ? Optional.of("norm") : Optional.empty());
        }
    }
}
