package dev.kinglet.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.NdArray;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Op.LearnedGroupConv;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.ReferenceExecutor;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.rewrite.Rewrites;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From the learned form to the converted one. */
class CondenseNetV2Test {
    private static final String RECORD = "golden/condensenetv2_a_pruned.txt";
    private static final int RECORDED_STEPS = 40;

    static Stream<Variant> learned() {
        return Zoo.all().stream()
                .filter(v -> v.network().layers().stream().anyMatch(layer -> layer.op() instanceof LearnedGroupConv));
    }

    private static Variant converted(Variant learned) {
        return Zoo.get(learned.name().replace("_learned", ""));
    }

    private static Model pruned(Model model, int steps) {
        Tensors tensors = model.tensors();
        for (int step = 0; step < steps; step++) {
            tensors = Pruning.advance(model.network(), tensors, (double) step / steps);
        }
        return new Model(model.network(), tensors, model.card());
    }

    @Test
    void keeps_the_inputs_and_outputs_that_the_authors_code_keeps_and_gives_its_logits() {
        Variant variant = Zoo.get("condensenetv2_a_learned");
        Model converted = Rewrites.convertLearnedGroups().apply(pruned(Golden.model(variant), RECORDED_STEPS));
        Map<String, String> kept = new LinkedHashMap<>();
        for (Layer layer : converted.network().layers()) {
            if (layer.op() instanceof Op.ChannelGather) {
                long[] index = converted.tensors().longs(layer.nameOf(Op.ChannelGather.INDEX));
                kept.put(layer.name(), joined(Arrays.stream(index)));
            } else if (layer.op() instanceof Op.ChannelMatrix op) {
                float[] matrix = converted.tensors().floats(layer.nameOf(Op.ChannelMatrix.INDEX));
                kept.put(
                        layer.name(),
                        joined(IntStream.range(0, op.in())
                                .mapToLong(row -> IntStream.range(0, op.out())
                                        .filter(to -> matrix[row * op.out() + to] == 1)
                                        .findFirst()
                                        .orElseThrow())));
            }
        }
        List<String[]> record =
                Golden.lines(RECORD).stream().map(line -> line.split("\t", -1)).toList();
        assertThat(kept)
                .isEqualTo(record.stream()
                        .filter(fields -> fields.length == 3)
                        .collect(Collectors.toMap(fields -> fields[0], fields -> fields[2])));

        double[] want = Arrays.stream(record.get(record.size() - 1)[1].split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
        double[] got = new ReferenceExecutor(converted).run(Golden.image(224));
        assertThat(Golden.largestDifference(got, want)).isLessThan(1e-8);
    }

    private static String joined(java.util.stream.LongStream numbers) {
        return numbers.mapToObj(Long::toString).collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @MethodSource("learned")
    void converts_to_the_authors_converted_form_with_the_same_outputs(Variant variant) {
        Model pruned = pruned(Golden.model(variant), RECORDED_STEPS);
        Model converted = Rewrites.convertLearnedGroups().apply(pruned);
        assertThat(signature(converted.network()))
                .isEqualTo(signature(converted(variant).network()));
        float[] image = Golden.image(variant.preprocessing().inputSize());
        double[] want = new ReferenceExecutor(pruned).run(image);
        assertThat(Golden.largestDifference(new ReferenceExecutor(converted).run(image), want))
                .isLessThan(1e-10);
    }

    private static List<String> signature(Network network) {
        return Stream.concat(
                        network.state().stream().map(entry -> entry.name() + " " + entry.parameter()),
                        network.layers().stream().map(Layer::toString))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 8, 41, 101, 999, 1001})
    void is_pruned_to_the_end_whatever_the_number_of_steps(int steps) {
        Variant variant = Zoo.get("condensenetv2_a_learned");
        Network network = variant.network(Shape.image(32), 3);
        Tensors tensors = Golden.weights(network);
        Layer layer = network.layers().stream()
                .filter(l -> l.op() instanceof LearnedGroupConv)
                .findFirst()
                .orElseThrow();
        Map<String, NdArray> state = new LinkedHashMap<>(tensors.asMap());
        for (int step = 0; step < steps; step++) {
            state.putAll(Pruning.advance(layer, new Tensors(state), Pruning.progress(step, steps)));
        }
        float[] mask = new Tensors(state).floats(layer.nameOf(LearnedGroupConv.MASK));
        LearnedGroupConv op = (LearnedGroupConv) layer.op();
        double kept = IntStream.range(0, mask.length).mapToDouble(i -> mask[i]).sum();
        assertThat(kept * op.condensation()).isEqualTo(mask.length);
    }

    @Test
    void weights_that_were_not_pruned_to_the_end_are_refused() {
        Model model = Golden.model(Zoo.get("condensenetv2_a_learned"));
        assertThatThrownBy(() -> Rewrites.convertLearnedGroups().apply(model))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "'features.denseblock_1.denselayer_1.conv_1' is not pruned to its end: group 0 has 16"
                                + " channels left instead of 2, at stage 0 of 7");
        Tensors half = Pruning.advance(model.network(), model.tensors(), 0.25);
        assertThatThrownBy(() -> Rewrites.convertLearnedGroups().apply(new Model(model.network(), half, model.card())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at stage 3 of 7; converted, it would be another network");
    }

    @Test
    void averaged_masks_are_refused() {
        Model model = pruned(Golden.model(Zoo.get("condensenetv2_a_learned")), RECORDED_STEPS);
        String name = "features.denseblock_3.denselayer_2.sfr._mask";
        float[] mask = model.tensors().floats(name).clone();
        for (int i = 0; i < mask.length; i++) {
            mask[i] = mask[i] == 0 ? 0.82f : 1;
        }
        Map<String, NdArray> tensors = new LinkedHashMap<>(model.tensors().asMap());
        tensors.put(name, new NdArray.Floats(model.tensors().get(name).dims(), mask));
        Model averaged = new Model(model.network(), new Tensors(tensors), model.card());
        assertThatThrownBy(() -> Rewrites.convertLearnedGroups().apply(averaged))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("denselayer_2.sfr' has the value 0.82 besides 0 and 1, as in an average");
    }

    @Test
    void a_network_without_learned_groups_stays_as_it_is() {
        Model model = Golden.model(Zoo.get("peleenet"));
        assertThat(Rewrites.convertLearnedGroups().apply(model)).isSameAs(model);
    }
}
