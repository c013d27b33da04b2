package dev.kinglet.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Blocks;
import dev.kinglet.network.Card;
import dev.kinglet.network.Costs;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Op;
import dev.kinglet.network.Parameter;
import dev.kinglet.network.Pruning;
import dev.kinglet.network.ReferenceExecutor;
import dev.kinglet.network.Shape;
import dev.kinglet.network.StateEntry;
import dev.kinglet.network.Tensors;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.network.rewrite.Rewrite;
import dev.kinglet.network.rewrite.Rewrites;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every variant keeps, checked on all of them; no test names a network. */
class ZooTest {
    static Stream<Variant> variants() {
        return Zoo.all().stream();
    }

    static Stream<Variant> withKeys() {
        return Golden.with("keys/", ".keys.txt").stream();
    }

    @ParameterizedTest
    @MethodSource("withKeys")
    void has_the_names_types_shapes_and_order_of_the_authors_state_dict(Variant variant) {
        List<String> state = variant.network().state().stream()
                .map(entry -> {
                    Parameter p = entry.parameter();
                    String dims = p.dims().isEmpty()
                            ? "scalar"
                            : p.dims().stream().map(String::valueOf).collect(Collectors.joining("x"));
                    String type = p.integer() ? "int64" : "float32";
                    return entry.name() + "\t" + type + "\t" + dims + "\t" + (p.trained() ? "P" : "B");
                })
                .toList();
        assertThat(state).isEqualTo(Golden.lines("keys/" + variant.name() + ".keys.txt"));
    }

    static Stream<Variant> withLayers() {
        return Golden.with("layers/", ".layers.txt").stream();
    }

    @ParameterizedTest
    @MethodSource("withLayers")
    void has_the_convolutions_and_multiply_accumulates_of_the_authors_code(Variant variant) {
        Map<String, Long> expected = new LinkedHashMap<>();
        for (String line : Golden.lines("layers/" + variant.name() + ".layers.txt")) {
            String[] fields = line.split("\t", -1);
            if (fields[0].equals("TOTAL")) {
                continue;
            }
            expected.put(fields[0], Long.valueOf(fields[fields.length - 1]));
        }
        Map<String, Long> macs = new HashMap<>();
        for (Layer layer : variant.network().layers()) {
            long own = Costs.of(layer).macs();
            if (own > 0) {
                macs.put(layer.name(), own);
            }
        }
        assertThat(macs).isEqualTo(expected);
    }

    static List<String[]> costs() {
        return Golden.lines("costs.csv").stream()
                .skip(1)
                .map(line -> line.split(",", -1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("costs")
    void costs_what_the_reference_says(String name, String parameters, String macs, String cio) {
        Costs costs = Costs.of(Zoo.get(name).network());
        assertThat(costs.parameters()).isEqualTo(Long.parseLong(parameters));
        assertThat(String.format(Locale.ROOT, "%.2f", costs.macs() / 1e6)).isEqualTo(macs);
        if (!cio.isEmpty()) { // the reference gives one CIO a CIFAR family
            assertThat(String.format(Locale.ROOT, "%.3f", costs.cio() / 1e6)).isEqualTo(cio);
        }
    }

    @Test
    void every_record_is_of_a_variant() throws IOException {
        assertThat(Zoo.all()).extracting(Variant::name).containsAll(Golden.recordedNames());
        assertThat(withKeys()).hasSameSizeAs(costs()).hasSameSizeAs(withLayers().toList());
    }

    @ParameterizedTest
    @MethodSource("variants")
    void takes_any_number_of_classes_and_refuses_an_image_too_small_at_the_layer_that_fails(Variant variant) {
        assertThat(variant.network(Shape.image(64), 7).classes()).isEqualTo(7);
        for (int pixels = 1; pixels < 32; pixels++) {
            Shape image = Shape.image(pixels);
            try {
                assertThat(variant.network(image, 7).classes()).isEqualTo(7);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("at '");
            }
        }
    }

    /** Without those whose weights take seconds to draw; drawing does not depend on how many there are. */
    static Stream<Variant> quicklyDrawn() {
        return variants().filter(v -> parameters(v) < 4_000_000);
    }

    private static long parameters(Variant variant) {
        return Costs.of(variant.network(Shape.image(32), 3)).parameters();
    }

    @ParameterizedTest
    @MethodSource("quicklyDrawn")
    void draws_the_same_weights_from_the_same_seed(Variant variant) {
        Network network = variant.network(Shape.image(32), 3);
        Tensors once = variant.initialization().draw(network, new SplittableRandom(3));
        assertThat(variant.initialization().draw(network, new SplittableRandom(3)))
                .isEqualTo(once);
        assertThat(variant.initialization().draw(network, new SplittableRandom(4)))
                .isNotEqualTo(once);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void gives_the_same_outputs_after_each_rewrite_and_after_all(Variant variant) {
        boolean quick = parameters(variant) < 30_000_000; // the others are of families that have smaller ones
        Network network = variant.network(Shape.image(32), 5);
        Tensors pruned = Pruning.advance(network, Golden.weights(network), 1); // or else it could not be converted
        Model model = new Model(network, pruned, card(variant, 5));
        float[] image = Golden.image(32);
        double[] want = new ReferenceExecutor(model).run(image);
        Model all = model;
        for (Rewrite rewrite : Rewrites.all()) {
            Model alone = quick ? rewrite.apply(model) : model;
            if (!alone.equals(model)) { // new weights are rounded to float32 once
                assertThat(Golden.largestDifference(new ReferenceExecutor(alone).run(image), want))
                        .as(rewrite.name())
                        .isLessThan(1e-4);
            }
            all = rewrite.apply(all);
        }
        assertThat(Golden.largestDifference(new ReferenceExecutor(all).run(image), want))
                .isLessThan(1e-4);
        Model narrow = Rewrites.apply(Rewrites.all(ConvPlan.byRule().withChannelBlock(8)), model);
        if (!narrow.equals(all)) {
            assertThat(Golden.largestDifference(new ReferenceExecutor(narrow).run(image), want))
                    .as("channel block size 8")
                    .isLessThan(1e-4);
        }
        int[] readers = all.network().readers();
        assertThat(all.network().layers())
                .noneMatch(layer -> layer.op() instanceof Op.BatchNorm
                        && layer.input().op() instanceof Op.Conv
                        && readers[layer.input().id()] == 1);
    }

    static Stream<Variant> recorded() {
        return Golden.recorded().stream();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void matches_the_authors_float64_logits_in_plain_java(Variant variant) {
        double[] got = new ReferenceExecutor(Golden.model(variant))
                .run(Golden.image(variant.preprocessing().inputSize()));
        // both are float64 sums over the same float32 weights; the record has ten digits
        assertThat(Golden.largestDifference(got, Golden.logits(variant))).isLessThan(1e-8);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void has_blocks_in_order_with_the_head_as_the_last(Variant variant) {
        Network network = variant.network(Shape.image(64), 7);
        Blocks blocks = Blocks.of(network);
        int before = 0;
        for (StateEntry entry : network.state()) {
            int index = blocks.indexOf(entry.layer());
            assertThat(index).as(entry.name()).isBetween(before, before + 1);
            before = index;
        }
        assertThat(before).isEqualTo(blocks.count() - 1);
        assertThat(blocks.indexOf(network.head())).isEqualTo(blocks.count() - 1);
        assertThat(blocks.count()).isBetween(5, 25);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void embeds_an_image_as_one_vector_which_its_last_linear_layer_reads(Variant variant) {
        Network network = variant.network(Shape.image(64), 7);
        Op head = network.head().op();
        assertThat(head).isInstanceOf(Op.Linear.class);
        assertThat(network.features().shape().elements()).isEqualTo(((Op.Linear) head).in());
        assertThat(network.features().op()).isNotInstanceOf(Op.Dropout.class);
    }

    @Test
    void names_are_unique() {
        assertThat(Zoo.all().stream().map(Variant::name))
                .doesNotHaveDuplicates()
                .isNotEmpty();
    }

    @Test
    void an_unknown_name_is_refused_with_the_nearest_known_one() {
        assertThatThrownBy(() -> Zoo.get("pelenet"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no model 'pelenet'; did you mean 'peleenet'?");
    }

    private static Card card(Variant variant, int classes) {
        List<String> labels =
                IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
        return new Card(variant.name(), labels, variant.preprocessing().withInputSize(32));
    }
}
