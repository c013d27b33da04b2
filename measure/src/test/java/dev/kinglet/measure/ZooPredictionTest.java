package dev.kinglet.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ZooPredictionTest {
    @Test
    void the_rank_correlation_says_whether_two_lists_are_in_one_order() {
        double[] rising = {1, 2, 5, 9};
        assertThat(ZooPrediction.rankCorrelation(rising, new double[] {3, 4, 50, 51}))
                .isEqualTo(1);
        assertThat(ZooPrediction.rankCorrelation(rising, new double[] {4, 3, 2, 1}))
                .isEqualTo(-1);
        assertThat(ZooPrediction.rankCorrelation(rising, new double[] {1, 5, 2, 9}))
                .isEqualTo(0.8);
        assertThat(ZooPrediction.rankCorrelation(new double[] {1, 1, 2}, new double[] {1, 1, 2}))
                .isEqualTo(1);
    }
}
