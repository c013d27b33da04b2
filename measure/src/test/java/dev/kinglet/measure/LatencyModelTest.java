package dev.kinglet.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.measure.LatencyModel.Measurement;
import dev.kinglet.measure.LatencyModel.Rates;
import dev.kinglet.measure.LayerWork.Kind;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Network;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Shape;
import dev.kinglet.network.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatencyModelTest {
    private static final int CHANNEL_BLOCK = 16;
    private static final LatencyModel MACHINE = new LatencyModel(
            CHANNEL_BLOCK,
            Map.of(
                    Kind.STEM, new Rates(0.2, 0),
                    Kind.DENSE, new Rates(0.02, 0.05),
                    Kind.POINTWISE, new Rates(0.03, 0.1),
                    Kind.DEPTHWISE, new Rates(0.3, 0.2),
                    Kind.ELEMENTWISE, new Rates(0, 0.1),
                    Kind.POOL, new Rates(0, 0.4)),
            0.1,
            1500);

    /** A convolution of the image, some of one kind, norms between them and a pool. */
    private static Network chain(int channels, int pixels, int kernel, int groups, int times) {
        Scope s = Scope.root();
        Layer x = s.conv("stem", s.input(Shape.image(pixels)), channels, Window.of(3));
        for (int i = 0; i < times; i++) {
            x = s.batchNorm("norm" + i, s.conv("conv" + i, x, channels, Window.of(kernel), groups));
        }
        s.globalAverage("pool", x);
        return s.build("chain");
    }

    private static List<Network> chains() {
        List<Network> chains = new ArrayList<>();
        for (int[] size : new int[][] {{16, 56}, {32, 28}, {64, 28}, {128, 14}, {256, 7}, {48, 112}}) {
            for (int times : new int[] {0, 3, 6}) {
                chains.add(chain(size[0], size[1], 3, 1, times));
                chains.add(chain(size[0], size[1], 1, 1, times));
                chains.add(chain(size[0], size[1], 3, size[0], times));
            }
        }
        return chains;
    }

    private static List<Measurement> measured(double noise) {
        Random random = new Random(1);
        return chains().stream()
                .map(chain -> new Measurement(
                        LayerWork.of(chain, CHANNEL_BLOCK),
                        MACHINE.millis(chain) * (1 + noise * random.nextGaussian())))
                .toList();
    }

    @Test
    void a_fit_finds_the_rates_that_made_the_measurements() {
        LatencyModel found = LatencyModel.fit(CHANNEL_BLOCK, measured(0));
        assertThat(found.rates().keySet()).isEqualTo(MACHINE.rates().keySet());
        assertThat(found.overheadNanos()).isCloseTo(1500, Percentage.withPercentage(2));
        assertThat(found.nanosPerDramByte()).isCloseTo(0.1, Percentage.withPercentage(10));
        for (Kind kind : List.of(Kind.DENSE, Kind.POINTWISE, Kind.DEPTHWISE)) {
            Rates expected = Objects.requireNonNull(MACHINE.rates().get(kind));
            Rates rates = Objects.requireNonNull(found.rates().get(kind));
            assertThat(rates.nanosPerMac()).as("%s", kind).isCloseTo(expected.nanosPerMac(), within(0.003));
        }
    }

    @Test
    void predictions_stay_near_when_measurements_scatter() {
        LatencyModel found = LatencyModel.fit(CHANNEL_BLOCK, measured(0.05));
        Network other = chain(96, 20, 3, 1, 8);
        assertThat(found.millis(other)).isCloseTo(MACHINE.millis(other), Percentage.withPercentage(10));
        found.rates().values().forEach(rates -> {
            assertThat(rates.nanosPerMac()).isNotNegative();
            assertThat(rates.nanosPerByte()).isNotNegative();
        });
    }

    @Test
    void the_largest_part_of_a_layers_time_bounds_it() {
        LatencyModel model = new LatencyModel(
                CHANNEL_BLOCK, Map.of(Kind.STEM, new Rates(1, 0), Kind.POOL, new Rates(0, 1)), 0, 10_000);
        List<LayerWork> large = LayerWork.of(chain(16, 56, 1, 1, 0), CHANNEL_BLOCK);
        assertThat(large.stream().map(work -> model.of(work).bound())).containsExactly("compute", "memory");
        List<LayerWork> small = LayerWork.of(chain(16, 1, 1, 1, 0), CHANNEL_BLOCK);
        assertThat(small.stream().map(work -> model.of(work).bound())).containsExactly("overhead", "overhead");
    }

    @Test
    void a_kind_that_was_not_measured_is_named() {
        LatencyModel model = new LatencyModel(CHANNEL_BLOCK, Map.of(), 0, 0);
        assertThatThrownBy(() -> model.millis(chain(16, 8, 1, 1, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'stem' is STEM, and no such layer was measured");
    }

    @Test
    void activations_and_additions_after_a_convolution_are_fused_into_it() {
        Scope s = Scope.root();
        Layer x = s.conv("stem", s.input(Shape.image(8)), 16, Window.of(3));
        Layer y = s.conv("near", s.relu(x), 16, Window.of(1));
        Layer sum = s.add("sum", y, x);
        s.globalAverage("pool", s.in("after").relu(sum));
        // the first function is not: what it reads is read by the sum, too
        assertThat(LayerWork.of(s.build("small"), CHANNEL_BLOCK).stream()
                        .map(work -> work.layer().name()))
                .containsExactly("stem", "relu", "near", "pool");
    }

    @Test
    void channels_are_padded_to_whole_blocks() {
        LayerWork uneven = LayerWork.of(chain(20, 8, 3, 1, 0), CHANNEL_BLOCK).get(0);
        LayerWork whole = LayerWork.of(chain(32, 8, 3, 1, 0), CHANNEL_BLOCK).get(0);
        assertThat(uneven.effectiveMacs()).isEqualTo(whole.effectiveMacs()).isEqualTo(3L * 32 * 9 * 64);
        LayerWork narrower = LayerWork.of(chain(20, 8, 3, 1, 0), 8).get(0);
        assertThat(narrower.effectiveMacs()).isEqualTo(3L * 24 * 9 * 64);
    }

    @Test
    void few_blocks_of_channels_have_too_few_accumulators_in_flight() {
        long one = 3 * 9 * 64; // multiply-accumulates of a channel
        assertThat(LayerWork.of(chain(8, 8, 3, 1, 0), 8).get(0).effectiveMacs())
                .isEqualTo(Math.round(one * 8 * 8 / 3.0));
        assertThat(LayerWork.of(chain(16, 8, 3, 1, 0), 8).get(0).effectiveMacs())
                .isEqualTo(Math.round(one * 8 * 8 / 3.0));
        assertThat(LayerWork.of(chain(32, 8, 3, 1, 0), 8).get(0).effectiveMacs())
                .isEqualTo(one * 32);
        assertThat(LayerWork.of(chain(16, 8, 3, 1, 0), 16).get(0).effectiveMacs())
                .isEqualTo(Math.round(one * 16 * 8 / 6.0));
    }
}
