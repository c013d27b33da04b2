package dev.kinglet.train.suspects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Wrong labels are found by scores that do not know them. */
class ConfidentLearningTest {
    @Test
    void an_image_that_reaches_another_classs_threshold_is_suspect() {
        ConfidentLearning found = ConfidentLearning.of(new ClassScores(
                2, new int[] {0, 0, 0, 1, 1, 1}, new float[] {.9f, .1f, .8f, .2f, .1f, .9f, .2f, .8f, .3f, .7f, .6f, .4f
                }));

        // thresholds: (.9 + .8 + .1) / 3 = .6 and (.8 + .7 + .4) / 3 = .633
        assertThat(found.suspects()).extracting(Suspect::image).containsExactly(2, 5);
        assertThat(found.suspects()).extracting(Suspect::likely).containsExactly(1, 0);
        assertThat(found.suspects().get(0).margin()).isCloseTo(-0.8, within(1e-6));
        assertThat(found.estimate()).isCloseTo(2, within(1e-9));
        assertThat(found.pairs())
                .containsExactly(new ConfidentLearning.Pair(0, 1, 1), new ConfidentLearning.Pair(1, 0, 1));
    }

    @Test
    void the_estimate_counts_images_that_are_confident_in_nothing() {
        // thresholds .6 and .9: the second image reaches neither, and is as often wrong as the others labeled so
        ConfidentLearning found = ConfidentLearning.of(
                new ClassScores(2, new int[] {0, 0, 0, 1}, new float[] {.95f, .05f, .45f, .55f, .05f, .95f, .1f, .9f}));

        assertThat(found.estimate()).isCloseTo(1.5, within(1e-9)); // half of three
        assertThat(found.suspects()).extracting(Suspect::image).containsExactly(2, 1);
    }

    @Test
    void no_images_or_one_class_are_refused() {
        assertThatThrownBy(() -> ConfidentLearning.of(new ClassScores(2, new int[0], new float[0])))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ClassScores(2, new int[] {2}, new float[2]))
                .hasMessageContaining("outside 0 to 1");
    }

    @Test
    void logistic_regression_on_embeddings_finds_exchanged_labels() {
        int classes = 4;
        int features = 24;
        int images = 400;
        SplittableRandom random = new SplittableRandom(3);
        float[] embeddings = new float[images * features];
        int[] labels = new int[images];
        for (int i = 0; i < images; i++) {
            int truth = i % classes;
            labels[i] = i % 19 == 0 ? (truth + 1 + i % 3) % classes : truth; // 22 of 400 are wrong
            for (int f = 0; f < features; f++) {
                embeddings[i * features + f] = (float) (5 + random.nextGaussian() + (f % classes == truth ? 2 : 0));
            }
        }
        float[] copy = embeddings.clone();
        ClassScores scores = new LinearProbe(5, 1).scores(embeddings, labels, classes, () -> {});
        List<Suspect> suspects = ConfidentLearning.of(scores).suspects();

        long right = suspects.stream()
                .filter(suspect -> suspect.image() % 19 == 0 && suspect.likely() == suspect.image() % classes)
                .count();
        assertThat(right).isGreaterThanOrEqualTo(20);
        assertThat(suspects).hasSizeLessThanOrEqualTo(26);
        assertThat(new LinearProbe(5, 1).scores(copy, labels, classes, () -> {}).scores())
                .containsExactly(scores.scores()); // the same seed, the same scores
    }
}
