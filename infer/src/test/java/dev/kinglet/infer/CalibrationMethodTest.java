package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.onnx.QuantizationRange;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class CalibrationMethodTest {
    private static float[] gaussian(int count, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Histogram seen(float[]... images) {
        Histogram histogram = new Histogram(2);
        for (float[] image : images) {
            histogram.add(FloatBuffer.wrap(image));
        }
        return histogram;
    }

    @Test
    void a_histogram_grows_without_losing_a_value() {
        Histogram histogram = seen(new float[] {0.1f, -0.05f, 0, 0}, new float[] {10, -20, 0.01f, 0});
        assertThat(histogram.low()).isEqualTo(-20);
        assertThat(histogram.high()).isEqualTo(10);
        assertThat(histogram.count()).isEqualTo(8);
        assertThat(Arrays.stream(histogram.above()).sum()).isEqualTo(3);
        assertThat(Arrays.stream(histogram.below()).sum()).isEqualTo(2);
        assertThat(histogram.width() * Histogram.BINS).isBetween(20.0, 40.0);
        assertThat(histogram.above()[(int) (10 / histogram.width())]).isEqualTo(1);
    }

    @Test
    void the_mean_is_by_channel() {
        assertThat(seen(new float[] {1, 2, -3, -5}, new float[] {3, 2, 0, 0}).means())
                .containsExactly(2, -2);
    }

    @Test
    void values_that_are_not_finite_are_refused() {
        assertThatThrownBy(() -> seen(new float[] {1, Float.NaN})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> seen(new float[] {1, Float.NEGATIVE_INFINITY}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void minmax_spans_all_values() {
        assertThat(CalibrationMethod.MINMAX.range(seen(new float[] {2, 3}, new float[] {1, 7})))
                .isEqualTo(new QuantizationRange(0, 7));
    }

    @Test
    void percentile_saturates_a_ten_thousandth_on_each_side() {
        float[] values = gaussian(100_000, 1);
        values[0] = 500;
        QuantizationRange range = CalibrationMethod.PERCENTILE.range(seen(values));
        // a normal value is beyond 3.719 once in ten thousand times; a bin is 500 / 2048 wide
        assertThat((double) range.high()).isCloseTo(3.719, within(0.4));
        assertThat((double) range.low()).isCloseTo(-3.719, within(0.4));
    }

    @Test
    void entropy_saturates_an_outlier_and_keeps_a_uniform_distribution() {
        float[] values = gaussian(100_000, 2);
        values[0] = 60;
        QuantizationRange range = CalibrationMethod.ENTROPY.range(seen(values));
        assertThat(range.high()).isBetween(3.5f, 12f);
        assertThat(range.low()).isBetween(-6f, -3.5f);
        float[] even = new float[100_000];
        for (int i = 0; i < even.length; i++) {
            even[i] = 8f * (i + 1) / even.length;
        }
        assertThat(CalibrationMethod.ENTROPY.range(seen(even)).high()).isCloseTo(8, within(0.1f));
    }

    @Test
    void zeros_alone_have_a_range() {
        for (CalibrationMethod method : CalibrationMethod.values()) {
            assertThat(method.range(seen(new float[4]))).isEqualTo(new QuantizationRange(0, 0));
        }
    }
}
