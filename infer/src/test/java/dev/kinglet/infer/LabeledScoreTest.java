package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LabeledScoreTest {
    private static final Card CARD = new Card("m", List.of("a", "b", "c", "d"), Preprocessing.imagenet());

    @Test
    void the_best_comes_first_with_its_softmax() {
        List<LabeledScore> ranked = LabeledScore.ranked(logs(0.1, 0.5, 0.15, 0.25), CARD, 3);
        assertThat(ranked).extracting(LabeledScore::label).containsExactly("b", "d", "c");
        assertThat(ranked).extracting(LabeledScore::index).containsExactly(1, 3, 2);
        assertThat(ranked.get(0).score()).isCloseTo(0.5, within(1e-7)); // float32 logits
        assertThat(ranked.get(1).score()).isCloseTo(0.25, within(1e-7));
        assertThat(ranked.get(2).score()).isCloseTo(0.15, within(1e-7));
    }

    @Test
    void a_temperature_divides_the_logits_and_keeps_the_order() {
        float[] logits = logs(0.1, 0.5, 0.15, 0.25);
        List<LabeledScore> halved = LabeledScore.ranked(logits, CARD.withTemperature(0.5), 4);
        double sum = 0.01 + 0.25 + 0.0225 + 0.0625; // squares

        assertThat(halved).extracting(LabeledScore::index).containsExactly(1, 3, 2, 0);
        assertThat(halved.get(0).score()).isCloseTo(0.25 / sum, within(1e-6));
        assertThat(LabeledScore.ranked(logits, CARD.withTemperature(1), 4))
                .isEqualTo(LabeledScore.ranked(logits, CARD, 4));
    }

    @Test
    void no_logit_is_too_large_or_too_small() {
        assertThat(LabeledScore.ranked(new float[] {3e38f, -3e38f, 0, 1e38f}, CARD, 4))
                .extracting(LabeledScore::score)
                .containsExactly(1.0, 0.0, 0.0, 0.0);
        assertThat(LabeledScore.ranked(new float[] {-1e30f, -1e30f, -1e30f, -1e30f}, CARD, 4))
                .extracting(LabeledScore::score)
                .containsOnly(0.25);
    }

    @Test
    void equal_scores_are_in_the_order_of_the_classes() {
        assertThat(LabeledScore.ranked(new float[] {1, 2, 1, 2}, CARD, 4))
                .extracting(LabeledScore::index)
                .containsExactly(1, 3, 0, 2);
    }

    @Test
    void the_background_class_is_left_out() {
        Card card = new Card("m", CARD.labels(), CARD.preprocessing(), OptionalInt.of(1), Map.of());
        List<LabeledScore> ranked = LabeledScore.ranked(logs(0.1, 0.5, 0.1, 0.3), card, 4);
        assertThat(ranked).extracting(LabeledScore::index).containsExactly(3, 0, 2);
        assertThat(ranked.get(0).score()).isCloseTo(0.6, within(1e-7));
        assertThat(ranked.stream().mapToDouble(LabeledScore::score).sum()).isCloseTo(1, within(1e-12));
        assertThat(LabeledScore.ranked(new float[] {0, Float.NaN, 0, 0}, card, 4))
                .hasSize(3);
    }

    @Test
    void logits_that_are_too_few_or_not_finite_are_refused() {
        assertThatThrownBy(() -> LabeledScore.ranked(new float[3], CARD, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("m has 4 classes, but 3 logits were given");
        assertThatThrownBy(() -> LabeledScore.ranked(new float[] {0, 0, Float.NaN, 0}, CARD, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("class 2, 'c', is NaN");
    }

    private static float[] logs(double... shares) {
        float[] logits = new float[shares.length];
        for (int i = 0; i < shares.length; i++) {
            logits[i] = (float) Math.log(shares[i]);
        }
        return logits;
    }
}
