package dev.kinglet.train.options;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.RgbImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassBalanceTest {
    /** Labels alone. */
    private record Labeled(List<String> labels, List<Integer> labelOf) implements Dataset {
        @Override
        public int size() {
            return labelOf.size();
        }

        @Override
        public int label(int index) {
            return labelOf.get(index);
        }

        @Override
        public String name(int index) {
            return "image " + index;
        }

        @Override
        public RgbImage image(int index) {
            throw new UnsupportedOperationException("only labels are looked at");
        }
    }

    @Test
    void classes_weigh_alike_together_and_images_one_on_average() {
        List<Double> weights = ClassBalance.weights(new Labeled(List.of("otter", "beaver"), List.of(0, 1, 1, 1)));
        assertThat(weights).containsExactly(2.0, 2.0 / 3);
    }

    @Test
    void a_class_without_images_weighs_nothing() {
        assertThat(ClassBalance.weights(new Labeled(List.of("otter", "newt", "beaver"), List.of(0, 2))))
                .containsExactly(2.0 / 3, 0.0, 2.0 / 3);
    }
}
