package dev.kinglet.toolkit.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.infer.Embeddings;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CosineSearchTest {
    private static EmbeddingTable table(int rows, int features, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[rows * features];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.3 + random.nextGaussian());
        }
        return table(values, features);
    }

    private static EmbeddingTable table(float[] values, int features) {
        List<Integer> rows =
                IntStream.range(0, values.length / features).boxed().toList();
        return new EmbeddingTable(rows.stream().map(row -> "image " + row).toList(), rows, features, values);
    }

    /** Numbers of features around the steps of the blocked multiplication, and of rows around those of its panels. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 255, 256, 261, 516})
    void the_nearest_rows_are_those_of_a_search_one_by_one(int features) {
        EmbeddingTable searched = table(600, features, 1);
        EmbeddingTable queries = table(70, features, 2);
        List<List<CosineSearch.Neighbor>> found = CosineSearch.of(searched).nearest(queries, 5);
        assertThat(found).hasSize(70);
        for (int query = 0; query < 70; query++) {
            float[] row = queries.row(query);
            List<Double> expected = IntStream.range(0, 600)
                    .mapToObj(i -> Embeddings.cosine(row, searched.row(i)))
                    .sorted(Comparator.reverseOrder())
                    .limit(5)
                    .toList();
            for (int k = 0; k < 5; k++) {
                CosineSearch.Neighbor neighbor = found.get(query).get(k);
                assertThat(neighbor.similarity()).isCloseTo(expected.get(k), within(2e-6));
                assertThat(Embeddings.cosine(row, searched.row(neighbor.row())))
                        .isCloseTo(neighbor.similarity(), within(2e-6));
            }
        }
    }

    @Test
    void pairs_are_those_of_a_search_one_by_one_each_once() {
        EmbeddingTable searched = table(600, 8, 3);
        List<CosineSearch.Pair> pairs = CosineSearch.of(searched).pairs(0.9, () -> {});
        int expected = 0;
        for (int first = 0; first < 600; first++) {
            for (int second = first + 1; second < 600; second++) {
                expected += Embeddings.cosine(searched.row(first), searched.row(second)) >= 0.9 ? 1 : 0;
            }
        }
        assertThat(pairs).hasSize(expected).hasSizeGreaterThan(100).allSatisfy(pair -> {
            assertThat(pair.first()).isLessThan(pair.second());
            assertThat(pair.similarity())
                    .isCloseTo(
                            Embeddings.cosine(searched.row(pair.first()), searched.row(pair.second())), within(2e-6));
        });
        assertThat(pairs)
                .isSortedAccordingTo(Comparator.comparingDouble(CosineSearch.Pair::similarity)
                        .reversed());
    }

    @Test
    void of_equal_rows_the_first_is_found_and_rows_of_zeros_are_like_none() {
        EmbeddingTable searched = table(new float[] {0, 0, 2, 2, 1, 1, 0, 0, -1, 0}, 2);
        CosineSearch search = CosineSearch.of(searched);
        assertThat(search.nearest(new float[] {5, 5}, 1))
                .extracting(CosineSearch.Neighbor::row)
                .containsExactly(1);
        assertThat(search.nearest(new float[] {5, 5}, 9))
                .extracting(CosineSearch.Neighbor::row)
                .containsExactly(1, 2, 0, 3, 4);
        assertThat(search.pairs(0.5, () -> {}))
                .extracting(CosineSearch.Pair::first, CosineSearch.Pair::second)
                .containsExactly(tuple(1, 2));
    }

    @Test
    void rows_of_another_network_and_a_threshold_that_all_reach_are_refused() {
        CosineSearch search = CosineSearch.of(table(Collections.nCopies(3, 1f), 1500));
        assertThatThrownBy(() -> search.nearest(new float[4], 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("queries of 4 features");
        assertThatThrownBy(() -> search.pairs(0.9, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("choose a higher threshold");
    }

    @Test
    void a_search_for_pairs_can_be_ended() {
        CosineSearch search = CosineSearch.of(table(600, 8, 3));
        assertThatThrownBy(() -> search.pairs(0.9, () -> {
                    throw new CancellationException();
                }))
                .isInstanceOf(CancellationException.class);
    }

    private static EmbeddingTable table(List<Float> row, int times) {
        float[] values = new float[row.size() * times];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.get(i % row.size());
        }
        return table(values, row.size());
    }
}
