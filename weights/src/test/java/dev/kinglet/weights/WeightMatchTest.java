package dev.kinglet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Initialization;
import dev.kinglet.network.Layer;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.Window;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightMatchTest {
    private static final Network NETWORK = SmallNetwork.of(3);
    private static final Tensors STATE = Initialization.fanOut(0.01).draw(NETWORK, new Random(1));

    private static WeightFile file(Map<String, NdArray> tensors) {
        return new WeightFile("some.file", new Tensors(tensors), Map.of());
    }

    private static Map<String, NdArray> state() {
        return new LinkedHashMap<>(STATE.asMap());
    }

    @Test
    void a_file_of_the_network_is_read_whole_in_the_networks_order() throws IOException {
        Map<String, NdArray> shuffled = new LinkedHashMap<>();
        STATE.names().stream().sorted().forEach(name -> shuffled.put(name, STATE.get(name)));

        WeightMatch match = WeightMatch.of(NETWORK, file(shuffled));

        assertThat(match.tensors()).isEqualTo(STATE);
        assertThat(match.tensors().names()).containsExactlyElementsOf(STATE.names());
        assertThat(match.read()).containsExactlyElementsOf(STATE.names());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "module.",
                "_orig_mod.",
                "module._orig_mod.",
                "module.module.",
                "model.",
                "backbone.",
                "net.",
                "_forward_module.",
                "_forward_module.model.module.backbone._orig_mod."
            })
    void the_prefix_that_training_leaves_before_names_is_dropped(String prefix) throws IOException {
        Map<String, NdArray> prefixed = new LinkedHashMap<>();
        STATE.asMap().forEach((name, array) -> prefixed.put(prefix + name, array));

        assertThat(WeightMatch.of(NETWORK, file(prefixed)).tensors()).isEqualTo(STATE);

        prefixed.put("n_averaged", NdArray.Longs.scalar(1)); // beside the names, as torch's averaged models have it
        WeightMatch match = WeightMatch.of(NETWORK, file(prefixed));
        assertThat(match.read()).hasSameSizeAs(STATE.names());
        assertThat(match.unexpected()).containsExactly("n_averaged");
    }

    @Test
    void a_name_with_a_prefix_does_not_replace_the_one_without() throws IOException {
        Map<String, NdArray> twice = state();
        twice.put("module.fc.bias", NdArray.Floats.filled(List.of(3), 9));

        WeightMatch match = WeightMatch.of(NETWORK, file(twice));

        assertThat(match.tensorsDespiteUnexpected()).isEqualTo(STATE);
        assertThat(match.unexpected()).containsExactly("module.fc.bias");
    }

    @Test
    void a_prefix_of_a_few_names_is_kept() {
        Map<String, NdArray> other = new LinkedHashMap<>();
        STATE.asMap()
                .forEach((name, array) -> other.put((name.startsWith("fc") ? "model." : "layer.") + name + "s", array));
        other.put("model.fc.bias", STATE.get("fc.bias"));

        assertThat(WeightMatch.of(NETWORK, file(other)).unexpected()).contains("model.fc.bias", "layer.conv.weights");
    }

    @Test
    void of_a_network_and_its_average_the_first_is_read() throws IOException {
        Map<String, NdArray> both = new LinkedHashMap<>();
        STATE.asMap().forEach((name, array) -> both.put("model." + name, array));
        STATE.asMap().forEach((name, array) -> both.put("ema." + name, NdArray.Floats.filled(array.dims(), 9)));

        WeightMatch match = WeightMatch.of(NETWORK, file(both));

        assertThat(match.tensorsDespiteUnexpected()).isEqualTo(STATE);
        assertThat(match.unexpected()).hasSameSizeAs(STATE.names()).allMatch(name -> name.startsWith("ema."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "model."})
    void the_names_of_paddles_article_on_hardnet_are_known_by_themselves(String prefix) throws IOException {
        Scope s = Scope.root();
        Scope base = s.in("base");
        Layer x = base.in("0").conv("conv", s.input(Shape.image(8)), 4, Window.of(3));
        x = base.in("0").batchNorm("norm", x);
        x = base.in("1").conv("dwconv", x, 4, Window.of(3));
        x = base.in("1").batchNorm("norm", x);
        base.in("2").linear("3", base.in("2").globalAverage("0", x), 3, true);
        Network network = s.build("hardnet");
        Tensors state = Initialization.fanOut(0.01).draw(network, new Random(1));
        Map<String, NdArray> article = new LinkedHashMap<>();
        state.asMap()
                .forEach((name, array) -> article.put(
                        prefix
                                + name.replaceAll("(dw)?conv\\.", "conv_bn.0.")
                                        .replace("norm.", "conv_bn.1.")
                                        .replace("2.3.", "5."),
                        array));
        assertThat(article).containsKeys(prefix + "base.1.conv_bn.0.weight", prefix + "base.5.bias");

        assertThat(WeightMatch.of(network, file(article)).tensors()).isEqualTo(state);
    }

    @Test
    void the_convolutions_that_timms_vgg_has_for_linear_layers_are_read_as_those() throws IOException {
        Scope s = Scope.root();
        Scope classifier = s.in("classifier");
        Layer x = s.in("features").biasedConv("0", s.input(Shape.image(7)), 2, Window.of(3));
        x = classifier.linear("3", classifier.linear("0", x, 5, true), 5, true);
        classifier.linear("6", x, 3, true);
        Network network = s.build("narrow");
        Tensors state = Initialization.fanOut(0.01).draw(network, new Random(1));
        Map<String, NdArray> timms = new LinkedHashMap<>(state.asMap());
        timms.keySet().removeIf(name -> name.startsWith("classifier"));
        timms.put(
                "pre_logits.fc1.weight", new NdArray.Floats(List.of(5, 2, 7, 7), state.floats("classifier.0.weight")));
        timms.put("pre_logits.fc1.bias", state.get("classifier.0.bias"));
        timms.put(
                "pre_logits.fc2.weight", new NdArray.Floats(List.of(5, 5, 1, 1), state.floats("classifier.3.weight")));
        timms.put("pre_logits.fc2.bias", state.get("classifier.3.bias"));
        timms.put("head.fc.weight", state.get("classifier.6.weight"));
        timms.put("head.fc.bias", state.get("classifier.6.bias"));

        assertThat(WeightMatch.of(network, file(timms)).tensors()).isEqualTo(state);
        assertThat(ModelFile.Naming.TIMM.dims(network)).containsOnlyKeys(timms.keySet());

        timms.put("pre_logits.fc1.weight", new NdArray.Floats(List.of(5, 49, 2), state.floats("classifier.0.weight")));
        assertThat(WeightMatch.of(network, file(timms)).misshapen())
                .containsExactly("classifier.0.weight: the network has [5, 98], the file has [5, 49, 2]");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void weights_that_are_not_finite_are_refused_in_one_line(float value) throws IOException {
        Map<String, NdArray> diverged = state();
        diverged.put("norm.running_var", new NdArray.Floats(List.of(4), new float[] {1, 1, value, 1}));
        WeightMatch match = WeightMatch.of(NETWORK, file(diverged));

        assertThat(WeightMatch.notFinite(match.tensors())).containsExactly("norm.running_var");
        assertThatThrownBy(match::tensorsDespiteUnexpected)
                .isInstanceOf(WeightsException.class)
                .hasMessage("some.file: 1 of 8 tensors have values that are NaN or infinite (norm.running_var), as a "
                        + "training that diverged leaves them; use weights of an earlier epoch");
    }

    @Test
    void large_and_tiny_weights_are_finite() throws IOException {
        Map<String, NdArray> extreme = state();
        float[] values = {Float.MAX_VALUE, Float.MIN_VALUE, -Float.MAX_VALUE, -0f};
        extreme.put("norm.running_var", new NdArray.Floats(List.of(4), values));

        assertThat(WeightMatch.of(NETWORK, file(extreme))
                        .tensorsDespiteUnexpected()
                        .floats("norm.running_var"))
                .containsExactly(values);
    }

    @Test
    void absent_counters_are_zero() throws IOException {
        Map<String, NdArray> old = state();
        old.remove("norm.num_batches_tracked");

        WeightMatch match = WeightMatch.of(NETWORK, file(old));

        assertThat(match.missing()).isEmpty();
        assertThat(match.zeroed()).containsExactly("norm.num_batches_tracked");
        assertThat(match.read()).doesNotContain("norm.num_batches_tracked");
        assertThat(match.tensors().get("norm.num_batches_tracked")).isEqualTo(NdArray.Longs.scalar(0));
    }

    @Test
    void missing_unexpected_and_misshapen_tensors_are_listed() {
        Map<String, NdArray> other = state();
        other.remove("fc.bias");
        other.put("conv.weight", NdArray.Floats.filled(List.of(4, 1, 3, 3), 0));
        other.put("norm.num_batches_tracked", NdArray.Floats.filled(List.of(), 0));
        other.put("more: \33", NdArray.Longs.scalar(1));

        WeightMatch match = WeightMatch.of(NETWORK, file(other));

        assertThat(match.missing()).containsExactly("fc.bias");
        assertThat(match.unexpected()).containsExactly("more: \33");
        assertThat(match.misshapen())
                .containsExactly(
                        "conv.weight: the network has [4, 3, 3, 3], the file has [4, 1, 3, 3]",
                        "norm.num_batches_tracked: the network has int64 [], the file has float32 []");
        assertThatThrownBy(match::tensors)
                .isInstanceOf(WeightsException.class)
                .hasMessage("some.file: does not fit small, of whose 8 tensors it has 5: 2 of another shape "
                        + "(conv.weight: the network has [4, 3, 3, 3], the file has [4, 1, 3, 3], "
                        + "norm.num_batches_tracked: the network has int64 [], the file has float32 []); "
                        + "1 missing (fc.bias); 1 unexpected (more: ?)");
        assertThatThrownBy(match::tensorsDespiteUnexpected).isInstanceOf(WeightsException.class);
    }

    @Test
    void what_only_the_file_has_is_passed_over_when_asked() throws IOException {
        Map<String, NdArray> more = state();
        more.put("total_ops", NdArray.Longs.scalar(1));

        WeightMatch match = WeightMatch.of(NETWORK, file(more));

        assertThatThrownBy(match::tensors).hasMessageContaining("1 unexpected (total_ops)");
        assertThat(match.tensorsDespiteUnexpected()).isEqualTo(STATE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"layer1.conv.bias", "layer2.conv.weight", "layer13.norm.running_var"})
    void weights_that_should_count_are_not_passed_over(String name) {
        Scope s = Scope.root();
        Layer x = s.in("layer1").conv("conv", s.input(Shape.image(8)), 4, Window.of(3));
        s.linear("fc", s.globalAverage("pool", s.in("layer1").batchNorm("norm", x)), 3, true);
        Network network = s.build("numbered");
        Map<String, NdArray> more = new LinkedHashMap<>(
                Initialization.fanOut(0.01).draw(network, new Random(1)).asMap());
        more.put(name, NdArray.Floats.filled(List.of(4), 1));
        more.put("auxiliary.weight", NdArray.Floats.filled(List.of(4), 1));
        more.put("layer1.conv.total_ops", NdArray.Floats.filled(List.of(1), 1));

        WeightMatch match = WeightMatch.of(network, file(more));

        assertThat(match.unexpected()).containsExactly(name, "auxiliary.weight", "layer1.conv.total_ops");
        assertThat(match.conflicting()).containsExactly(name);
        assertThatThrownBy(match::tensorsDespiteUnexpected)
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining("3 unexpected (" + name);
    }

    @Test
    void the_classes_of_the_files_head_are_listed() {
        Map<String, NdArray> five = new LinkedHashMap<>(Initialization.fanOut(0.01)
                .draw(SmallNetwork.of(5), new Random(2))
                .asMap());

        assertThat(WeightMatch.of(NETWORK, file(five)).classes()).hasValue(5);
        assertThat(WeightMatch.of(NETWORK, file(state())).classes()).hasValue(3);
        five.put("fc.bias", NdArray.Floats.filled(List.of(6), 0));
        assertThat(WeightMatch.of(NETWORK, file(five)).classes()).isEmpty();
        five.remove("fc.bias");
        assertThat(WeightMatch.of(NETWORK, file(five)).classes()).isEmpty();
    }

    @Test
    void another_head_is_refused_unless_asked_for() {
        Tensors five = Initialization.fanOut(0.01).draw(SmallNetwork.of(5), new Random(2));

        assertThatThrownBy(() -> WeightMatch.of(NETWORK, file(five.asMap())).tensors())
                .hasMessageContaining("fc.weight: the network has [3, 4], the file has [5, 4]");
    }

    @Test
    void another_head_keeps_the_initial_one_when_asked_for() throws IOException {
        Map<String, NdArray> five = new LinkedHashMap<>(Initialization.fanOut(0.01)
                .draw(SmallNetwork.of(5), new Random(2))
                .asMap());
        five.put("fc.scale", NdArray.Longs.scalar(1));

        WeightMatch match = WeightMatch.withNewHead(NETWORK, file(five), STATE);

        assertThat(match.kept()).containsExactly("fc.weight", "fc.bias");
        assertThat(match.tensors().get("fc.weight")).isEqualTo(STATE.get("fc.weight"));
        assertThat(match.tensors().get("conv.weight")).isEqualTo(five.get("conv.weight"));
        assertThat(match.misshapen()).isEmpty();
        assertThat(match.unexpected()).isEmpty();
    }

    @Test
    void a_file_without_head_keeps_the_initial_one_whole() throws IOException {
        Map<String, NdArray> headless = state();
        headless.remove("fc.bias");

        WeightMatch match = WeightMatch.withNewHead(NETWORK, file(headless), STATE);

        assertThat(match.kept()).containsExactly("fc.weight", "fc.bias");
        assertThat(match.tensors()).isEqualTo(STATE);
    }

    @Test
    void a_head_of_the_same_shape_is_read_even_where_a_new_one_is_allowed() throws IOException {
        Tensors other = Initialization.fanOut(0.01).draw(NETWORK, new Random(2));

        WeightMatch match = WeightMatch.withNewHead(NETWORK, file(other.asMap()), STATE);

        assertThat(match.kept()).isEmpty();
        assertThat(match.tensors()).isEqualTo(other);
    }

    @Test
    void only_the_head_may_differ() {
        Map<String, NdArray> other = state();
        other.put("conv.weight", NdArray.Floats.filled(List.of(4, 1, 3, 3), 0));

        assertThatThrownBy(() ->
                        WeightMatch.withNewHead(NETWORK, file(other), STATE).tensors())
                .hasMessageContaining("1 of another shape");
    }

    @Test
    void initial_values_that_are_no_head_of_the_network_are_the_callers_mistake() {
        Tensors five = Initialization.fanOut(0.01).draw(SmallNetwork.of(5), new Random(2));

        assertThatThrownBy(() -> WeightMatch.withNewHead(NETWORK, file(state()), five))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("fc.weight: the network has [3, 4], the initial values have [5, 4]");
    }
}
