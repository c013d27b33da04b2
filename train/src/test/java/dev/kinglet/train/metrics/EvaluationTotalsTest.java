package dev.kinglet.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.network.Card;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluationTotalsTest {
    private static final List<String> LABELS = List.of("a", "b", "c", "d", "e", "f", "g");
    private static final Card CARD =
            new Card("table", LABELS, EvaluationTest.TINY, OptionalInt.empty(), Map.of()).withTemperature(2);

    /** One image's logits and class. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Scored(float[] logits, int label) {}

    private static List<Scored> images(int count) {
        Random random = new Random(7);
        List<Scored> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] logits = new float[LABELS.size()];
            for (int k = 0; k < logits.length; k++) {
                logits[k] = (float) (10 * random.nextGaussian());
            }
            images.add(new Scored(logits, random.nextInt(LABELS.size())));
        }
        return images;
    }

    private static EvaluationTotals totals(List<Scored> images) {
        Tally tally = Tally.of(CARD, LABELS);
        images.forEach(image -> tally.add(image.logits(), image.label()));
        tally.skip();
        return tally.totals();
    }

    @Test
    void parts_in_any_order_add_up_to_the_whole_to_the_last_digit() throws IOException {
        List<Scored> images = images(1000);
        EvaluationTotals all = totals(images);
        Evaluation whole = all.evaluation(1);
        Collections.shuffle(images, new Random(8));
        EvaluationTotals sum = EvaluationTotals.none(LABELS);
        for (int from = 0; from < 1000; from += 37) {
            sum = totals(images.subList(from, Math.min(1000, from + 37))).plus(sum);
        }
        Evaluation parts = sum.evaluation(1);
        assertThat(parts.loss()).isEqualTo(whole.loss());
        assertThat(parts.top5()).isEqualTo(whole.top5());
        assertThat(parts.confusion()).isEqualTo(whole.confusion());
        assertThat(parts.images()).isEqualTo(1000);
        assertThat(parts.skipped()).isEqualTo(28);
        assertThat(sum.scores().reliability()).isEqualTo(all.scores().reliability());
        assertThat(sum.calibrated().reliability()).isEqualTo(all.calibrated().reliability());
        assertThat(sum.scores().reliability().images()).isEqualTo(1000);
        assertThat(sum.calibrated().reliability().expectedCalibrationError())
                .isNotEqualTo(sum.scores().reliability().expectedCalibrationError());
    }

    @Test
    void a_loss_that_is_not_finite_is_not_lost() throws IOException {
        List<Scored> images = images(3);
        images.get(1).logits()[0] = Float.NaN;
        assertThat(totals(images).plus(totals(images(5))).evaluation(1).loss()).isNaN();
    }

    @Test
    void totals_of_other_classes_are_refused() {
        assertThatThrownBy(() -> EvaluationTotals.none(LABELS).plus(EvaluationTotals.none(List.of("x", "y"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("cannot be added");
    }

    @Test
    void no_image_gives_no_figures() {
        assertThatThrownBy(() -> EvaluationTotals.none(LABELS).evaluation(1)).isInstanceOf(IOException.class);
    }
}
